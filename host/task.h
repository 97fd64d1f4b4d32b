/*
 * Tasks: coroutines that wait on transfers, timers and each other, and the loop that resumes them.
 *
 * A thing that can be waited for is a Lua userdata whose memory begins with a struct wait. A task
 * that waits is resumed once the wait is done; what came of it is then asked of the userdata.
 */
#ifndef LUALAMBDA_TASK_H
#define LUALAMBDA_TASK_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "http.h"

/* Seconds that a task has after its deadline, to make something of what the deadline cut short. */
#define TASK_GRACE 0.1

struct loop;
struct task;

struct wait {
    bool done;
    struct task *waiters; /* tasks to resume when done, linked by their next_waiter */
    /* Gives up what nobody waits for any more; NULL where there is nothing to give up. */
    void (*abandon)(struct wait *self);
};

enum task_state {
    TASK_READY,
    TASK_WAITING,
    TASK_RUNNING,
    TASK_RETURNED,
    TASK_FAILED,
    TASK_EXPIRED, /* stopped after its deadline */
    TASK_CANCELLED
};

/*
 * A userdata of Lua's, kept alive by the loop until it ends, and longer where it failed and nobody
 * has asked why. An ended task's thread holds its results, or the error at the top of its stack.
 */
struct task {
    struct wait wait; /* done when the task has ended */
    struct loop *loop;
    enum task_state state;
    lua_State *thread;
    /* In the registry, or LUA_NOREF; the message is that of an expired task. */
    int thread_ref, self_ref, locals_ref, trace_ref, message_ref;
    uint64_t family;    /* of the tasks that share its locals */
    double deadline;    /* seconds since 1970 UTC, or INFINITY */
    struct timer timer; /* when it is stopped; of a root alone */
    struct wait *waits_for;
    struct task *next_waiter;
    struct task *next_ready;
    struct task *next, **link; /* all tasks that have not ended, or all failures unasked for */
};

/*
 * Makes a loop for the Lua state, kept in its registry; the state's end ends it. Raises a Lua error
 * when memory is short.
 */
struct loop *loop_new(lua_State *L);

/* The loop of the process's one Lua state. */
struct loop *the_loop(void);

/* The events that the loop waits for. */
struct events *loop_events(struct loop *loop);

/* The HTTP client on these events; made at the first call. NULL when it cannot be. */
struct http *loop_http(struct loop *loop);

/*
 * Runs tasks until *done is true. Returns 0, or -1 when it never can become true, because no task
 * can run and nothing is under way.
 */
int loop_run_until(struct loop *loop, const bool *done);

/* The task that runs now, or NULL. */
struct task *loop_current(const struct loop *loop);

/*
 * Makes a task of the function and the `count` arguments above it on L's stack, pops them, and
 * leaves the task's userdata there. It inherits the deadline and the locals of the current task.
 * Raises a Lua error when memory is short.
 */
struct task *task_spawn(lua_State *L, int count);

/*
 * As task_spawn, but with locals and a deadline of its own. At the deadline its transfers end; a
 * TASK_GRACE later it is stopped wherever it is: where it waits, and also in a Lua loop that never
 * does.
 */
struct task *task_spawn_root(lua_State *L, int count, double deadline);

/* Ends a task that has not ended: its coroutine is never resumed again. */
void task_cancel(struct task *task);

/* Cancels every task of the same family but itself. Returns how many. */
size_t task_cancel_family(struct task *task);

/*
 * Takes a failure that nobody has asked for out of those of the task's family, and leaves its
 * userdata on the stack; NULL, and nothing on the stack, when there is none.
 */
struct task *task_next_failure(lua_State *L, const struct task *task);

/* Says that somebody has asked what came of the task. */
void task_claim(struct task *task);

/* Pushes the error that a task has failed with. */
void task_push_error(lua_State *L, const struct task *task);

/* Pushes the table of the task's own values, which the tasks it spawns share. */
void task_push_locals(struct task *task, lua_State *L);

/*
 * Waits, in the current task, until `wait` is done: to be called as `return task_wait(L, wait)`
 * from a C function of Lua's, with the userdata of the wait anchored on the stack. Where the
 * coroutine cannot yield, the loop runs inside the call.
 */
int task_wait(lua_State *L, struct wait *wait);

/* Says that a wait is done: its waiters become ready to run. */
void wait_finish(struct wait *wait);

#endif
