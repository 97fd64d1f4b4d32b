/*
 * Programs that are started, each the leader of a process group of its own, so that it can be ended
 * with all that it has started. Nothing here knows Lua.
 */
#ifndef LUALAMBDA_LOCAL_PROCESS_H
#define LUALAMBDA_LOCAL_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

enum { MOST_OUTPUTS = 4 };

/* What to start. */
struct process_plan {
    char **arguments;   /* the program's path first, NULL last */
    char **environment; /* NULL last */
    const char *folder; /* where it runs */
    /* Which pipe each of the descriptors 1, 2, ... writes to, counted from 0. */
    size_t outputs[MOST_OUTPUTS];
    size_t output_count, pipe_count;
};

/*
 * Starts a program; its standard input is empty. The kernel ends it when this process ends, however
 * that comes. Returns its id, and in `pipes` what to read from, which the caller closes; -1 with
 * errno set when it cannot be started. The caller ends it with process_reap.
 */
pid_t process_start(const struct process_plan *plan, int *pipes);

/* A descriptor that can be read once the process has ended; -1 with errno set. */
int process_descriptor(pid_t pid);

/* Signals the process and all of its group, which must not have been reaped. */
void process_signal(pid_t pid, int number);

/*
 * Takes an ended process off the system's list, and kills what is left of its group. Waits for its
 * end where it has not come yet. Returns its status as wait(2) has it.
 */
int process_reap(pid_t pid);

#endif
