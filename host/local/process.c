#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends a pipe's both sides, those that there are. */
static void close_pipes(int pipes[][2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
}

/* Descriptors from a number on that no output takes; a pipe may have one of those. */
static int move_up(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, MOST_OUTPUTS + 1);
}

static int set_descriptors(const struct process_plan *plan, int pipes[][2])
{
    int ends[MOST_OUTPUTS];
    for (size_t i = 0; i < plan->pipe_count; i++)
        if ((ends[i] = move_up(pipes[i][1])) < 0)
            return -1;
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || (nothing != 0 && dup2(nothing, 0) < 0))
        return -1;
    for (size_t i = 0; i < plan->output_count; i++)
        if (dup2(ends[plan->outputs[i]], (int)i + 1) < 0)
            return -1;
    return 0;
}

/* The child's part, between fork and exec: nothing but system calls. Returns only with an error. */
static void become(const struct process_plan *plan, int pipes[][2], pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return;
    if (getppid() != parent)
        _exit(1); /* it ended before it could be said */
    setpgid(0, 0);
    if (set_descriptors(plan, pipes) != 0 || chdir(plan->folder) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        return;
    execve(plan->arguments[0], plan->arguments, plan->environment);
}

/* Waits until the child runs its program: 0, or the error that kept it from it. */
static int await_exec(int fd)
{
    int error = 0;
    ssize_t size;
    do
        size = read(fd, &error, sizeof error);
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof error ? error : 0;
}

pid_t process_start(const struct process_plan *plan, int *pipes)
{
    int both[MOST_OUTPUTS + 1][2]; /* the last tells of the exec */
    size_t made = 0;
    pid_t parent = getpid();
    for (; made <= plan->pipe_count; made++) {
        if (pipe2(both[made], O_CLOEXEC) != 0) {
            close_pipes(both, made);
            return -1;
        }
    }
    int *report = both[plan->pipe_count];
    pid_t pid = fork();
    if (pid == 0) {
        int kept = move_up(report[1]);
        become(plan, both, parent);
        int error = errno;
        _exit(write(kept, &error, sizeof error) < 0 ? 126 : 127);
    }
    int error = errno;
    close(report[1]);
    if (pid > 0) {
        setpgid(pid, pid);
        error = await_exec(report[0]);
    }
    close(report[0]);
    for (size_t i = 0; i < plan->pipe_count; i++) {
        close(both[i][1]);
        pipes[i] = both[i][0];
    }
    if (pid > 0 && !error) {
        for (size_t i = 0; i < plan->pipe_count; i++)
            fcntl(pipes[i], F_SETFL, O_NONBLOCK);
        return pid;
    }
    for (size_t i = 0; i < plan->pipe_count; i++)
        close(pipes[i]);
    if (pid > 0)
        process_reap(pid);
    errno = error;
    return -1;
}

int process_descriptor(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

void process_signal(pid_t pid, int number)
{
    kill(-pid, number);
}

int process_reap(pid_t pid)
{
    siginfo_t ended;
    int status = 0;
    /* Its id names the group until it is reaped. */
    while (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}
