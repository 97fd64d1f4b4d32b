/*
 * tls_server CHAIN KEY ANSWER...: serves HTTPS at 127.0.0.1, one connection after the other, and
 * answers the requests of each with the files ANSWER, in turn; then it hangs up. Prints its port
 * first. CHAIN and KEY are PEM files. As lean as can be, so that what is measured is the client.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct answer {
    char *text; /* with its head */
    size_t length;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "tls_server: %s\n", what);
    exit(1);
}

static struct answer read_answer(const char *path)
{
    struct answer answer = {0};
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail(path);
    size_t length = (size_t)ftell(file);
    rewind(file);
    if (!(answer.text = malloc(length + 256)))
        fail("out of memory");
    int head = sprintf(answer.text,
                       "HTTP/1.1 200 OK\r\nContent-Type: text/xml;charset=UTF-8\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       length);
    if (fread(answer.text + head, 1, length, file) != length)
        fail(path);
    fclose(file);
    answer.length = (size_t)head + length;
    return answer;
}

static SSL_CTX *make_context(const char *chain, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        fail("cannot use the certificate");
    return context;
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 64) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        fail("cannot listen");
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Reads one request, its body included. Returns 0 when the client has gone. */
static int read_request(SSL *ssl)
{
    static char request[65536];
    size_t length = 0;
    for (;;) {
        int got = SSL_read(ssl, request + length, (int)(sizeof request - 1 - length));
        if (got <= 0)
            return 0;
        length += (size_t)got;
        request[length] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        const char *header = strcasestr(request, "\r\nContent-Length:");
        if (end && length >= (size_t)(end + 4 - request) +
                                 (header && header < end ? strtoul(header + 17, NULL, 10) : 0))
            return 1;
    }
}

static void serve(SSL_CTX *context, int fd, const struct answer *answers, size_t count)
{
    static const int on = 1;
    SSL *ssl = SSL_new(context);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_fd(ssl, fd);
    int ok = SSL_accept(ssl) == 1;
    for (size_t i = 0; ok && i < count && read_request(ssl); i++)
        ok = SSL_write(ssl, answers[i].text, (int)answers[i].length) > 0;
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

int main(int argc, char **argv)
{
    static struct answer answers[64];
    size_t count = 0;
    if (argc < 4 || argc > 3 + 64)
        fail("usage: tls_server CHAIN KEY ANSWER...");
    signal(SIGPIPE, SIG_IGN);
    for (int i = 3; i < argc; i++)
        answers[count++] = read_answer(argv[i]);
    SSL_CTX *context = make_context(argv[1], argv[2]);
    int listener = listen_anywhere();
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            serve(context, fd, answers, count);
    }
}
