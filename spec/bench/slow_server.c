/*
 * slow_server ANSWER: serves HTTP at 127.0.0.1 and answers every request with the file ANSWER, 50
 * ms after it has come, however many there are at once. Prints its port first.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 256, LATENCY_US = 50000 };

static struct pollfd fds[MOST + 1]; /* the listener first */
static double due[MOST + 1];        /* when the answer is to be sent; 0: nothing to answer */
static int count = 1;
static char answer[1 << 16];
static size_t answer_length;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "slow_server: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void read_answer(const char *path)
{
    static char body[sizeof answer - 256];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    size_t length = fread(body, 1, sizeof body, file);
    fclose(file);
    int head = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
    memcpy(answer + head, body, length);
    answer_length = (size_t)head + length;
}

static void listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, MOST) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        fail("cannot listen");
    fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
}

static void accept_one(void)
{
    static const int on = 1;
    int fd = accept(fds[0].fd, NULL, NULL);
    if (fd < 0 || count > MOST)
        fail("too many connections");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    due[count] = 0;
    fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void drop(int i)
{
    close(fds[i].fd);
    fds[i] = fds[--count];
    due[i] = due[count];
}

/* A request is small, and so comes in one piece; a client that waits for its answer sends no other.
 */
static void read_one(int i)
{
    char request[8192];
    if (read(fds[i].fd, request, sizeof request) <= 0)
        drop(i);
    else
        due[i] = now() + LATENCY_US;
}

static void answer_what_is_due(void)
{
    double time = now();
    for (int i = count - 1; i > 0; i--) {
        if (!due[i] || due[i] > time)
            continue;
        due[i] = 0;
        if (write(fds[i].fd, answer, answer_length) != (ssize_t)answer_length)
            drop(i);
    }
}

static void wait_for_any(void)
{
    double next = 0;
    for (int i = 1; i < count; i++)
        if (due[i] && (!next || due[i] < next))
            next = due[i];
    double left = next ? next - now() : 0;
    struct timespec patience = {.tv_nsec = left > 0 ? (long)(left * 1000) : 0};
    if (ppoll(fds, (nfds_t)count, next ? &patience : NULL, NULL) < 0)
        fail("poll");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        fail("usage: slow_server ANSWER");
    signal(SIGPIPE, SIG_IGN);
    read_answer(argv[1]);
    listen_anywhere();
    for (;;) {
        wait_for_any();
        for (int i = count - 1; i > 0; i--)
            if (fds[i].revents)
                read_one(i);
        if (fds[0].revents)
            accept_one();
        answer_what_is_due();
    }
}
