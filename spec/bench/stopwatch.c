/*
 * stopwatch start|first|warm|resident ROUNDS -- PROGRAM [ARG...] [-- PROGRAM [ARG...]]...
 *
 * Serves a Runtime API to each program in turn, round by round, and prints for each measurement a
 * line with the program's number (from 0), microseconds, and microseconds of them that the program
 * had a processor:
 *
 * start      from before the program is spawned to its request for the first event
 * first      from before the program is spawned to its answer to the first event
 * warm       from an event's being sent to the request for the next one, EVENTS times a round
 *
 * resident   no time, but the kB of memory that the program has in use after SERVED events
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WARM_UP = 200,
    EVENTS = 500,
    SERVED = 5000,
    CONNECTIONS = 4,
    LONGEST = 1 << 16,
    PROGRAMS = 8
};

struct connection {
    int fd; /* -1: free */
    size_t length;
    char data[LONGEST];
};

static struct connection connections[CONNECTIONS];
static int listener;
static pid_t child;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "stopwatch: %s\n", what);
    if (child > 0)
        kill(child, SIGKILL);
    exit(1);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    static const char text[] = "stopwatch: the program did not come to its end within 2 minutes\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0 || child <= 0)
        _exit(1);
    kill(child, SIGKILL);
    _exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Listens on a port of the system's choice, and tells it to the programs through the environment.
 */
static void listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    char text[32];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, CONNECTIONS) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        fail("cannot listen");
    snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    setenv("AWS_LAMBDA_RUNTIME_API", text, 1);
}

static void accept_one(void)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &connections[i];
        if (c->fd >= 0)
            continue;
        int on = 1;
        c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        c->length = 0;
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return;
    }
    fail("too many connections");
}

/* The length of the whole request that a connection's data begins with; 0 where it is not all
 * there. */
static size_t request_length(const struct connection *c)
{
    const char *end = memmem(c->data, c->length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - c->data);
    const char *header = strcasestr(c->data, "\r\nContent-Length:");
    size_t length = head + (header && header < end ? strtoul(header + 17, NULL, 10) : 0);
    return length <= c->length ? length : 0;
}

/* Waits for a whole request and takes it in; a post to .../error ends the program. */
static struct connection *next_request(int *is_next)
{
    for (;;) {
        struct pollfd fds[CONNECTIONS + 1] = {{.fd = listener, .events = POLLIN}};
        for (int i = 0; i < CONNECTIONS; i++)
            fds[i + 1] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
        if (poll(fds, CONNECTIONS + 1, -1) < 0)
            fail("poll");
        if (fds[0].revents)
            accept_one();
        for (int i = 0; i < CONNECTIONS; i++) {
            struct connection *c = &connections[i];
            if (!fds[i + 1].revents)
                continue;
            ssize_t got = read(c->fd, c->data + c->length, LONGEST - 1 - c->length);
            if (got <= 0) {
                close(c->fd);
                c->fd = -1;
                continue;
            }
            c->length += (size_t)got;
            c->data[c->length] = '\0';
            if (request_length(c) == 0)
                continue;
            if (strstr(c->data, "/error HTTP/1.1"))
                fail(c->data);
            *is_next = strncmp(c->data, "GET ", 4) == 0;
            c->length = 0;
            return c;
        }
    }
}

static void answer(const struct connection *c, const char *text)
{
    size_t length = strlen(text);
    if (write(c->fd, text, length) != (ssize_t)length)
        fail("the program has closed its connection");
}

static struct connection *wait_for_next(void)
{
    int is_next = 0;
    struct connection *c = next_request(&is_next);
    while (!is_next) {
        answer(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        c = next_request(&is_next);
    }
    return c;
}

static void start(char **argv)
{
    extern char **environ;
    alarm(120);
    if (posix_spawn(&child, argv[0], NULL, NULL, argv, environ) != 0)
        fail(argv[0]);
}

static void stop(void)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;
    alarm(0);
    for (int i = 0; i < CONNECTIONS; i++) {
        if (connections[i].fd >= 0)
            close(connections[i].fd);
        connections[i].fd = -1;
    }
}

/* The processor time that the program has had since it was spawned. */
static double processor_time(void)
{
    clockid_t clock;
    struct timespec t = {0};
    if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &t) != 0)
        fail("no processor time");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void print(int number, double since, double processor_since)
{
    double passed = now() - since;
    printf("%d %.1f %.1f\n", number, passed, processor_time() - processor_since);
}

static void measure_start(int number, char **argv)
{
    double before = now();
    start(argv);
    wait_for_next();
    print(number, before, 0);
    stop();
}

/* An event whose deadline is 15 minutes away. */
static const char *make_event(void)
{
    static char event[512];
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    snprintf(event, sizeof event,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
             "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
             "Lambda-Runtime-Deadline-Ms: %lld\r\n"
             "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-1:123456789012:function:x\r\n"
             "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n"
             "Content-Length: 31\r\n\r\n{\"time\":\"2026-11-24T10:00:00Z\"}",
             ((long long)t.tv_sec + 900) * 1000);
    return event;
}

static void measure_first(int number, char **argv)
{
    int is_next = 0;
    double before = now();
    start(argv);
    answer(wait_for_next(), make_event());
    next_request(&is_next);
    print(number, before, 0);
    stop();
}

static void measure_warm(int number, char **argv)
{
    const char *event = make_event();
    start(argv);
    struct connection *c = wait_for_next();
    for (int i = 0; i < WARM_UP + EVENTS; i++) {
        double before = now(), processor_before = processor_time();
        answer(c, event);
        c = wait_for_next();
        if (i >= WARM_UP)
            print(number, before, processor_before);
    }
    stop();
}

static long resident_kb(void)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)child);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1)
        fail(path);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void measure_resident(int number, char **argv)
{
    const char *event = make_event();
    start(argv);
    struct connection *c = wait_for_next();
    for (int i = 0; i < SERVED; i++) {
        answer(c, event);
        c = wait_for_next();
    }
    printf("%d %ld 0\n", number, resident_kb());
    stop();
}

static void (*measure_of(const char *kind))(int, char **)
{
    return strcmp(kind, "first") == 0      ? measure_first
           : strcmp(kind, "warm") == 0     ? measure_warm
           : strcmp(kind, "resident") == 0 ? measure_resident
                                           : measure_start;
}

int main(int argc, char **argv)
{
    char **programs[PROGRAMS];
    int count = 0;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        argv[i] = NULL;
        if (i + 1 < argc && count < PROGRAMS)
            programs[count++] = argv + i + 1;
    }
    if (count == 0)
        fail("usage: stopwatch start|first|warm|resident ROUNDS -- PROGRAM [ARG...] [-- PROGRAM "
             "[ARG...]]...");
    void (*measure)(int, char **) = measure_of(argv[1]);
    for (int i = 0; i < CONNECTIONS; i++)
        connections[i].fd = -1;
    signal(SIGALRM, on_alarm);
    signal(SIGPIPE, SIG_IGN);
    listen_anywhere();
    for (int round = atoi(argv[2]); round > 0; round--) {
        for (int i = 0; i < count; i++)
            measure(i, programs[i]);
    }
    return 0;
}
