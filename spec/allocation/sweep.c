/*
 * Starts the service and serves one event, again and again, each time with another allocation that
 * fails: the 1st, the 2nd, and so on to the last, of C's and of Lua's, alone or with all after it.
 * Whatever fails, the process must come to its end by itself and soon, and free all it has taken;
 * and it must have answered the event, or have said on standard error why not.
 *
 * Prints TAP. Each run is a child; the Runtime API is the far end of a socket pair, whose messages
 * wait there from the start.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "allocator.h"
#include "nowhere.h"
#include "openssl.h"
#include "runtime.h"

/* ---- the Runtime API ---- */

enum { MOST_ENDS = 8 };

static int far_ends[MOST_ENDS], end_count;

static const char event[] =
    "HTTP/1.1 200 OK\r\n"
    "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
    "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n"
    "Content-Length: 33\r\n\r\n"
    "{\"name\":\"Ada\",\"list\":[1,2,[],{}]}";
static const char accepted[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
static const char the_end[] = "HTTP/1.1 500 Ended\r\nContent-Length: 0\r\n\r\n";

static void say(int end, const char *message)
{
    if (send(end, message, strlen(message), 0) < 0)
        perror("send");
}

/* The kind of socket keeps messages apart: each is an answer, read when it is waited for. A later
 * connection is that of the handler's request, or that after an exchange which failed: it is told
 * of the end. */
int __wrap_socket(int domain, int type, int protocol)
{
    int ends[2];
    (void)domain, (void)protocol;
    if (end_count == MOST_ENDS ||
        socketpair(AF_UNIX, (type & ~SOCK_STREAM) | SOCK_SEQPACKET, 0, ends) != 0)
        return -1;
    if (end_count == 0) {
        say(ends[1], event);
        say(ends[1], accepted);
    }
    for (int i = 0; i < 20; i++)
        say(ends[1], the_end);
    far_ends[end_count++] = ends[1];
    return ends[0];
}

/* ---- one run ---- */

enum {
    LONGEST = 20
}; /* seconds; it is milliseconds, and two seconds where the API is asked again */

enum { DONE = 0, FELL_SILENT = 101, LEAKED = 102 };

/* Whether the program posted anything. */
static bool has_answered(void)
{
    char message[4096];
    bool answered = false;
    for (int i = 0; i < end_count; i++)
        while (recv(far_ends[i], message, sizeof message, MSG_DONTWAIT) >= 5)
            answered = answered || memcmp(message, "POST ", 5) == 0;
    return answered;
}

static bool has_complained(int log)
{
    return lseek(log, 0, SEEK_END) > 0;
}

/* The child's part: serves, and says how that ended. */
static int serve(int log)
{
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    size_t before = allocator.live;
    runtime_serve("127.0.0.1:9001");
    fflush(NULL);
    bool told = has_answered() || has_complained(log);
    return !told ? FELL_SILENT : allocator.live != before ? LEAKED : DONE;
}

/* What is wrong with an end; NULL for nothing. */
static const char *verdict(int status)
{
    static char text[64];
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        snprintf(text, sizeof text, "%s", number == SIGKILL ? "it did not end" : strsignal(number));
        return text;
    }
    switch (WEXITSTATUS(status)) {
    case DONE:
        return NULL;
    case FELL_SILENT:
        return "it neither answered nor said why not";
    case LEAKED:
        return "memory was not freed";
    default:
        snprintf(text, sizeof text, "it ended with status %d", WEXITSTATUS(status));
        return text;
    }
}

static void show(int log)
{
    char line[512];
    FILE *file = fdopen(dup(log), "r");
    rewind(file);
    while (fgets(line, sizeof line, file))
        printf("#   %s%s", line, strchr(line, '\n') ? "" : "\n");
    fclose(file);
}

static int open_log(void)
{
    char name[] = "/tmp/sweep-XXXXXX";
    int log = mkstemp(name);
    if (log < 0) {
        perror(name);
        exit(2);
    }
    unlink(name);
    return log;
}

/* The status of a child that ends in time; of one that does not, and is killed. The program has an
 * alarm of its own, so none can be set for it. */
static int await(pid_t child)
{
    static const struct timespec pause = {.tv_nsec = 500000};
    int status = 0;
    for (time_t end = time(NULL) + LONGEST; waitpid(child, &status, WNOHANG) == 0;) {
        if (time(NULL) > end)
            kill(child, SIGKILL);
        nanosleep(&pause, NULL);
    }
    return status;
}

/* Runs with one allocation failing; true when that ended well. */
static bool run(enum allocation kind, size_t number, bool for_good)
{
    int log = open_log();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        allocator.failing = kind;
        allocator.for_good = for_good;
        allocator.made[kind] = 0;
        allocator.first_failing = number;
        _exit(serve(log));
    }
    const char *problem = verdict(await(child));
    if (problem) {
        printf("# allocation %zu%s: %s\n", number, for_good ? " and all after it" : "", problem);
        show(log);
    }
    close(log);
    return !problem;
}

/* How many allocations of a kind a run makes in which none fails. */
static size_t count_of(enum allocation kind)
{
    int ends[2];
    size_t made = 0;
    if (pipe(ends) != 0)
        return 0;
    fflush(stdout);
    if (fork() == 0) {
        int log = open_log(), status = serve(log);
        if (status != DONE)
            fprintf(stderr, "# without a failure: status %d\n", status);
        made = status == DONE ? allocator.made[kind] : 0;
        _exit(write(ends[1], &made, sizeof made) < 0);
    }
    wait(NULL);
    if (read(ends[0], &made, sizeof made) != sizeof made)
        made = 0;
    close(ends[0]);
    close(ends[1]);
    return made;
}

static bool sweep(int test, enum allocation kind, bool for_good)
{
    static const char *const names[] = {[ALLOCATION_OF_C] = "C", [ALLOCATION_OF_LUA] = "Lua"};
    enum { MOST_SHOWN = 5 };
    size_t made = count_of(kind), bad = 0, runs = 0;
    for (; runs < made && bad < MOST_SHOWN; runs++)
        bad += !run(kind, runs + 1, for_good);
    printf("%s %d - %zu of %s's %zu allocations fail, %s\n", made && !bad ? "ok" : "not ok", test,
           runs, names[kind], made, for_good ? "and all after them" : "one a run");
    return made && !bad;
}

int main(void)
{
    puts("1..4");
    openssl_begin(); /* what they take then, they keep to the end */
    curl_global_init(CURL_GLOBAL_SSL);
    setenv("LAMBDA_TASK_ROOT", "spec/allocation", 1);
    setenv("_HANDLER", "handler", 1);
    setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128", 1);
    bool good = sweep(1, ALLOCATION_OF_C, false);
    good &= sweep(2, ALLOCATION_OF_C, true);
    good &= sweep(3, ALLOCATION_OF_LUA, false);
    good &= sweep(4, ALLOCATION_OF_LUA, true);
    return good ? 0 : 1;
}
