/*
 * The tasks and the queue of those that can run.
 *
 * A turn of the loop resumes every task that was ready when it began, behind the last of them fires
 * timers that are due, then polls the events, waiting only when no task is ready. A wait inside a
 * coroutine that cannot yield (a C function of Lua's lies between) runs turns of the loop from
 * within; the tasks on the C stack are not ready then, so none is resumed twice.
 */
#include "task.h"

#include <lauxlib.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "watchdog.h"

struct loop {
    lua_State *L; /* the main thread */
    struct events *events;
    struct http *http;
    struct task *current;
    struct task *ready, **ready_end;
    size_t ready_count;
    struct task *all;      /* that have not ended */
    struct task *failures; /* that nobody has asked for */
    uint64_t families;     /* the last family's number */
    unsigned turns;
};

static char loop_key;

/* The process has one Lua state. To ask its registry takes longer than most that is done then. */
static struct loop *process_loop;

/* A look at the events is a system call: while tasks are ready it is taken every so many turns. */
enum { TURNS_A_POLL = 16 };

/*
 * Timers that are due fire behind each of a turn's last tasks: a request is sent before so few run.
 * Those of more go together, and find kept connections sooner: libcurl looks at one after the other
 * until one is free.
 */
enum { FEW = 64 };

/* ---- the loop ---- */

static int loop_gc(lua_State *L)
{
    struct loop *loop = lua_touserdata(L, 1);
    http_free(loop->http);
    events_free(loop->events);
    loop->http = NULL;
    loop->events = NULL;
    return 0;
}

struct loop *loop_new(lua_State *L)
{
    lua_pushlightuserdata(L, &loop_key);
    struct loop *loop = lua_newuserdata(L, sizeof *loop);
    *loop = (struct loop){.L = L};
    loop->ready_end = &loop->ready;
    lua_newtable(L);
    lua_pushcfunction(L, loop_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    loop->events = events_new();
    if (!loop->events)
        memory_raise(L);
    lua_rawset(L, LUA_REGISTRYINDEX);
    process_loop = loop;
    return loop;
}

struct loop *the_loop(void)
{
    return process_loop;
}

struct events *loop_events(struct loop *loop)
{
    return loop->events;
}

struct http *loop_http(struct loop *loop)
{
    if (!loop->http)
        loop->http = http_new(loop->events);
    return loop->http;
}

struct task *loop_current(const struct loop *loop)
{
    return loop->current;
}

static void make_ready(struct task *task)
{
    struct loop *loop = task->loop;
    task->state = TASK_READY;
    task->waits_for = NULL;
    task->next_ready = NULL;
    *loop->ready_end = task;
    loop->ready_end = &task->next_ready;
    loop->ready_count++;
}

/* Takes the first ready task off the queue; NULL when there is none. */
static struct task *take_ready(struct loop *loop)
{
    struct task *task = loop->ready;
    if (!task)
        return NULL;
    loop->ready = task->next_ready;
    if (!loop->ready)
        loop->ready_end = &loop->ready;
    loop->ready_count--;
    return task;
}

static void remove_ready(struct task *task)
{
    struct loop *loop = task->loop;
    struct task **link = &loop->ready;
    while (*link != task)
        link = &(*link)->next_ready;
    *link = task->next_ready;
    if (loop->ready_end == &task->next_ready)
        loop->ready_end = link;
    loop->ready_count--;
}

void wait_finish(struct wait *wait)
{
    struct task *task = wait->waiters;
    wait->done = true;
    wait->waiters = NULL;
    while (task) {
        struct task *next = task->next_waiter;
        make_ready(task);
        task = next;
    }
}

/* ---- tasks ---- */

static void drop_ref(lua_State *L, int *ref)
{
    luaL_unref(L, LUA_REGISTRYINDEX, *ref);
    *ref = LUA_NOREF;
}

static void unlink_task(struct task *task)
{
    *task->link = task->next;
    if (task->next)
        task->next->link = task->link;
    task->link = NULL;
}

static void link_task(struct task **list, struct task *task)
{
    task->next = *list;
    task->link = list;
    if (task->next)
        task->next->link = &task->next;
    *list = task;
}

/* The thread keeps the results. The loop's own hold on the task ends, unless the task failed. */
static void task_end(struct task *task, enum task_state state)
{
    lua_State *L = task->loop->L;
    task->state = state;
    timer_stop(&task->timer);
    unlink_task(task);
    drop_ref(L, &task->locals_ref);
    if (state == TASK_FAILED || state == TASK_EXPIRED)
        link_task(&task->loop->failures, task);
    else
        drop_ref(L, &task->self_ref); /* alive still: the caller or a waiter has it on a stack */
    wait_finish(&task->wait);
}

void task_claim(struct task *task)
{
    if (!task->link || !task->wait.done)
        return;
    unlink_task(task);
    drop_ref(task->loop->L, &task->self_ref);
}

struct task *task_next_failure(lua_State *L, const struct task *task)
{
    struct task *failure = task->loop->failures;
    while (failure && failure->family != task->family)
        failure = failure->next;
    if (!failure)
        return NULL;
    lua_rawgeti(L, LUA_REGISTRYINDEX, failure->self_ref);
    task_claim(failure);
    return failure;
}

void task_push_error(lua_State *L, const struct task *task)
{
    lua_pushvalue(task->thread, -1);
    lua_xmove(task->thread, L, 1);
}

/* ---- deadlines ---- */

/* Pushes "file:line: " of the innermost Lua function that is not the standard library's. */
static void push_place(lua_State *L, lua_State *thread)
{
    lua_Debug frame;
    char place[LUA_IDSIZE + 32] = "";
    for (int level = 0; lua_getstack(thread, level, &frame); level++) {
        lua_getinfo(thread, "Sl", &frame);
        if (frame.currentline <= 0)
            continue;
        snprintf(place, sizeof place, "%s:%d: ", frame.short_src, frame.currentline);
        if (strncmp(frame.source, "@lib/", 5) != 0)
            break;
    }
    lua_pushstring(L, place);
}

/* When a task is stopped, in seconds since 1970 UTC. */
static double stop_time(const struct task *task)
{
    return task->deadline + TASK_GRACE;
}

/* Marks a task as stopped while `thread`, its own or a coroutine of it, was where it still is. */
static void expire(struct task *task, lua_State *thread)
{
    lua_State *L = task->loop->L;
    memory_relieve();
    luaL_checkstack(L, 3, NULL);
    push_place(L, thread);
    lua_pushliteral(L, "the invocation's deadline has passed");
    lua_concat(L, 2);
    task->message_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    luaL_traceback(L, thread, NULL, 0);
    task->trace_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    task->state = TASK_EXPIRED;
}

/*
 * The hook in a task that runs past its deadline. A yield is what no pcall of the function can
 * catch; where a C function lies between, an error at every instruction comes to the same.
 */
static void on_overdue(lua_State *L, lua_Debug *frame)
{
    (void)frame;
    struct task *task = the_loop()->current;
    if (!task || stop_time(task) > clock_now()) {
        watchdog_calm(L); /* it has ended meanwhile */
        return;
    }
    if (task->state == TASK_RUNNING)
        expire(task, L);
    if (lua_isyieldable(L))
        lua_yield(L, 0);
    else
        luaL_error(L, "the invocation's deadline has passed");
}

static void leave_wait(struct task *task)
{
    struct wait *wait = task->waits_for;
    struct task **link = &wait->waiters;
    while (*link != task)
        link = &(*link)->next_waiter;
    *link = task->next_waiter;
    task->waits_for = NULL;
    if (!wait->waiters && wait->abandon)
        wait->abandon(wait);
}

/* Takes a task that does not run from where it is; false for one that is on the C stack. */
static bool interrupt(struct task *task)
{
    if (task->state == TASK_WAITING)
        leave_wait(task);
    else if (task->state == TASK_READY)
        remove_ready(task);
    else
        return false;
    return true;
}

/* A root is to be stopped: it ends now, or as soon as the C function around its wait returns. */
static void on_stop_time(struct timer *timer)
{
    struct task *task = (struct task *)((char *)timer - offsetof(struct task, timer));
    if (task->state == TASK_CANCELLED)
        return;
    bool interrupted = interrupt(task);
    expire(task, task->thread);
    if (interrupted)
        task_end(task, TASK_EXPIRED);
}

/* ---- running ---- */

/* Resumes a ready task until it waits or ends. */
static void task_resume(struct task *task)
{
    struct loop *loop = task->loop;
    lua_State *thread = task->thread;
    struct task *outer = loop->current;

    task->state = TASK_RUNNING;
    loop->current = task;
    watchdog_watch(loop->L, stop_time(task), on_overdue);
    int arguments = lua_status(thread) == LUA_YIELD ? 0 : lua_gettop(thread) - 1;
    int status = lua_resume(thread, arguments);
    watchdog_watch(loop->L, outer ? stop_time(outer) : INFINITY, on_overdue);
    loop->current = outer;

    if (task->state == TASK_WAITING)
        return;
    if (task->state == TASK_EXPIRED) {
        watchdog_calm(loop->L);
        task_end(task, TASK_EXPIRED);
        return;
    }
    if (task->state == TASK_CANCELLED) { /* while it ran: by itself, or by one it waited for */
        task_end(task, TASK_CANCELLED);
        return;
    }
    if (status == LUA_YIELD) { /* a bare coroutine.yield: let the others run first */
        lua_settop(thread, 0);
        make_ready(task);
        return;
    }
    if (status != 0) {
        memory_relieve();
        luaL_traceback(loop->L, thread, NULL, 0);
        task->trace_ref = luaL_ref(loop->L, LUA_REGISTRYINDEX);
    }
    task_end(task, status == 0 ? TASK_RETURNED : TASK_FAILED);
}

/* Whether the task that waits within, if one does, has been stopped meanwhile. */
static bool is_stopped(const struct task *task)
{
    return task && task->state != TASK_RUNNING;
}

/* Returns 0, or -1 when no task can run and nothing is under way. */
static int loop_turn(struct loop *loop, const bool *done)
{
    /* Only those ready now: tasks that never wait must not starve the events. */
    for (size_t turn = loop->ready_count; turn && !*done; turn--) {
        struct task *task = take_ready(loop);
        if (!task) /* cancelled by one before it */
            break;
        task_resume(task);
        if (turn <= FEW)
            events_fire(loop->events);
    }
    if (*done || is_stopped(loop->current) || (loop->ready && ++loop->turns % TURNS_A_POLL))
        return 0;
    if (!loop->ready && !events_pending(loop->events))
        return -1;
    events_poll(loop->events, loop->ready ? 0 : -1);
    return 0;
}

/* ---- spawning ---- */

/* Replaces the function and its arguments on the stack by the task's userdata, below its thread. */
static struct task *new_task(lua_State *L, int count)
{
    struct loop *loop = the_loop();
    int function = lua_gettop(L) - count;

    struct task *task = lua_newuserdata(L, sizeof *task);
    *task = (struct task){.loop = loop,
                          .thread_ref = LUA_NOREF,
                          .self_ref = LUA_NOREF,
                          .locals_ref = LUA_NOREF,
                          .trace_ref = LUA_NOREF,
                          .message_ref = LUA_NOREF,
                          .deadline = INFINITY,
                          .timer.fired = on_stop_time};
    luaL_getmetatable(L, "task");
    lua_setmetatable(L, -2);
    lua_insert(L, function); /* task function arguments... */

    task->thread = lua_newthread(L);
    task->thread_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    if (!lua_checkstack(task->thread, count + 1))
        luaL_error(L, "too many arguments");
    lua_xmove(L, task->thread, count + 1);
    return task;
}

/* Gives the task at the top of the stack to the loop. */
static void start_task(lua_State *L, struct task *task)
{
    lua_pushvalue(L, -1);
    task->self_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    link_task(&task->loop->all, task);
    make_ready(task);
}

static void begin_family(lua_State *L, struct task *task)
{
    task->family = ++task->loop->families;
    lua_createtable(L, 0, 1); /* the invocation's context at least */
    task->locals_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

struct task *task_spawn(lua_State *L, int count)
{
    struct task *task = new_task(L, count);
    const struct task *parent = task->loop->current;
    if (parent) {
        task->family = parent->family;
        task->deadline = parent->deadline;
        lua_rawgeti(L, LUA_REGISTRYINDEX, parent->locals_ref);
        task->locals_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    } else {
        begin_family(L, task);
    }
    start_task(L, task);
    return task;
}

struct task *task_spawn_root(lua_State *L, int count, double deadline)
{
    struct task *task = new_task(L, count);
    begin_family(L, task);
    task->deadline = deadline;
    if (!isinf(deadline) &&
        timer_start(task->loop->events, &task->timer, stop_time(task) - clock_now()) != 0)
        memory_raise(L);
    start_task(L, task);
    return task;
}

void task_cancel(struct task *task)
{
    if (task->wait.done || task->state == TASK_EXPIRED)
        return;
    if (interrupt(task))
        task_end(task, TASK_CANCELLED);
    else
        task->state = TASK_CANCELLED; /* its coroutine is on the C stack: task_resume ends it */
}

size_t task_cancel_family(struct task *task)
{
    size_t count = 0;
    for (struct task *other = task->loop->all, *next; other; other = next) {
        next = other->next;
        if (other == task || other->family != task->family)
            continue;
        task_cancel(other);
        count++;
    }
    return count;
}

void task_push_locals(struct task *task, lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->locals_ref);
}

/* ---- waiting ---- */

/* A wait where a C function lies between: the loop runs inside it. */
static int wait_within(lua_State *L, struct loop *loop, const struct wait *wait)
{
    const struct task *task = loop->current;
    while (!wait->done) {
        if (is_stopped(task))
            return luaL_error(L, "the task was stopped");
        if (loop_turn(loop, &wait->done) != 0)
            return luaL_error(L, "this wait can never end: every task waits for another");
    }
    return 0;
}

int task_wait(lua_State *L, struct wait *wait)
{
    struct loop *loop = the_loop();
    struct task *task = loop->current;

    if (wait->done)
        return 0;
    if (!task || task->thread != L || !lua_isyieldable(L))
        return wait_within(L, loop, wait);
    if (task->state == TASK_RUNNING) {
        task->state = TASK_WAITING;
        task->waits_for = wait;
        task->next_waiter = wait->waiters;
        wait->waiters = task;
    }
    return lua_yield(L, lua_gettop(L)); /* what it yields stays anchored; for good if stopped */
}

int loop_run_until(struct loop *loop, const bool *done)
{
    while (!*done)
        if (loop_turn(loop, done) != 0)
            return -1;
    return 0;
}
