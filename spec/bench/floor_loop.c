/*
 * The least that can serve the Lambda Runtime API: one socket, no library, each event answered with
 * {}. The floor that the start and the warm invocation of bootstrap are measured against. With
 * -DWORK=function it calls that function for each event.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef WORK
void WORK(void);
#else
#define WORK() (void)0
#endif

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(const char *address)
{
    char host[64];
    unsigned port;
    if (!address || sscanf(address, "%63[^:]:%u", host, &port) != 2) {
        fputs("AWS_LAMBDA_RUNTIME_API is not ADDRESS:PORT\n", stderr);
        exit(1);
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void send_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = write(fd, text, length);
        if (sent <= 0)
            fail("write");
        text += sent;
        length -= (size_t)sent;
    }
}

/* Reads one answer, its body included, into a buffer, and ends it with a NUL. */
static void receive(int fd, char *buffer, size_t size)
{
    size_t length = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + length, size - 1 - length);
        if (got <= 0)
            exit(0); /* the Runtime API has gone */
        length += (size_t)got;
        buffer[length] = '\0';
        const char *end = strstr(buffer, "\r\n\r\n");
        if (!end)
            continue;
        const char *header = strcasestr(buffer, "\r\nContent-Length:");
        size_t body = header && header < end ? strtoul(header + 17, NULL, 10) : 0;
        if (length >= (size_t)(end + 4 - buffer) + body)
            return;
    }
}

int main(void)
{
    static const char next[] =
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";
    static char answer[65536], reply[512];
    int fd = dial(getenv("AWS_LAMBDA_RUNTIME_API"));
    for (;;) {
        char id[128] = "";
        send_all(fd, next, sizeof next - 1);
        receive(fd, answer, sizeof answer);
        const char *header = strcasestr(answer, "\r\nLambda-Runtime-Aws-Request-Id:");
        if (!header || sscanf(header + 32, " %127[^\r]", id) != 1)
            exit(1);
        WORK();
        int length = snprintf(reply, sizeof reply,
                              "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\n"
                              "Host: x\r\nContent-Length: 2\r\n\r\n{}",
                              id);
        send_all(fd, reply, (size_t)length);
        receive(fd, answer, sizeof answer);
    }
}
