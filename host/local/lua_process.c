/*
 * The binding of process.h: `local.process`.
 *
 * spawn{ argv = {path, ...}, environment = {"NAME=value", ...}, folder = path, outputs = {1, 1, 2}
 * }
 *     -> process, pipe, ... | nil, message. `outputs` says which pipe, counted from 1, the
 *     descriptors 1, 2, ... write to
 * A process is something to wait for: it is done when the process has ended.
 * process:id(), process:signal(number): to its whole group; process:ended() -> whether it has;
 * process:reap() -> exit status | nil, number of the signal that ended it
 * A pipe is something to wait for: it is done when there is something to read, or its end.
 * pipe:read() -> what has come, "" for nothing; nil at its end
 * interrupted() -> something to wait for: it is done when SIGINT, SIGTERM or SIGHUP has come;
 *     the signals end the process no more
 * interrupt:number() -> of the signal that came
 */
#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "local_bindings.h"
#include "lua_bindings.h"
#include "process.h"
#include "task.h"

#define PROCESS "local process"
#define PIPE "local pipe"
#define INTERRUPT "local interrupt"

enum { READ_AT_ONCE = 65536, MOST_READ = 1024 * 1024 };

/* A descriptor that a task waits for. Each kind of userdata here begins with it. */
struct waited {
    struct wait wait;
    struct watch watch;
};

static void on_ready(struct watch *watch)
{
    watch_stop(watch);
    wait_finish(&((struct waited *)((char *)watch - offsetof(struct waited, watch)))->wait);
}

static void await(lua_State *L, struct waited *waited)
{
    waited->wait.done = false;
    if (watch_start(loop_events(the_loop()), &waited->watch, POLLIN) != 0)
        luaL_error(L, "out of memory");
}

static void close_waited(struct waited *waited)
{
    watch_stop(&waited->watch);
    if (waited->watch.fd >= 0)
        close(waited->watch.fd);
    waited->watch.fd = -1;
}

static int waited_gc(lua_State *L)
{
    close_waited(lua_touserdata(L, 1));
    return 0;
}

/* Makes a userdata that begins with a struct waited, and leaves it on the stack. */
static void *new_waited(lua_State *L, const char *kind, size_t size)
{
    struct waited *waited = lua_newuserdata(L, size);
    memset(waited, 0, size);
    waited->watch.ready = on_ready;
    waited->watch.fd = -1;
    luaL_getmetatable(L, kind);
    lua_setmetatable(L, -2);
    return waited;
}

/* ---- processes ---- */

struct process {
    struct waited end;
    pid_t pid; /* 0 when it has been reaped, or was never started */
};

/* The list of strings at the top of the stack, which stays there and holds them. NULL ends it. */
static char **strings(lua_State *L)
{
    int count = (int)lua_objlen(L, -1);
    char **list =
        lua_newuserdata(L, ((size_t)count + 1) * sizeof *list); /* anchored by the stack */
    for (int i = 0; i < count; i++) {
        lua_rawgeti(L, -2, i + 1);
        list[i] = (char *)luaL_checkstring(L, -1);
        lua_pop(L, 1);
    }
    list[count] = NULL;
    return list;
}

static char **string_field(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    luaL_checktype(L, -1, LUA_TTABLE);
    return strings(L);
}

static void read_outputs(lua_State *L, struct process_plan *plan)
{
    lua_getfield(L, 1, "outputs");
    luaL_checktype(L, -1, LUA_TTABLE);
    plan->output_count = lua_objlen(L, -1);
    luaL_argcheck(L, plan->output_count <= MOST_OUTPUTS, 1, "too many outputs");
    for (size_t i = 0; i < plan->output_count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        int pipe = luaL_checkint(L, -1);
        luaL_argcheck(L, pipe >= 1 && pipe <= MOST_OUTPUTS, 1, "no such output");
        plan->outputs[i] = (size_t)pipe - 1;
        if ((size_t)pipe > plan->pipe_count)
            plan->pipe_count = (size_t)pipe;
        lua_pop(L, 1);
    }
}

static int spawn(lua_State *L)
{
    struct process_plan plan = {0};
    int pipes[MOST_OUTPUTS];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    plan.arguments = string_field(L, "argv");
    luaL_argcheck(L, plan.arguments[0], 1, "no program");
    plan.environment = string_field(L, "environment");
    lua_getfield(L, 1, "folder");
    plan.folder = luaL_checkstring(L, -1);
    read_outputs(L, &plan);

    /* All that can raise comes before there is a process. */
    int first = lua_gettop(L) + 1;
    struct process *process = new_waited(L, PROCESS, sizeof *process);
    struct waited *ends[MOST_OUTPUTS];
    for (size_t i = 0; i < plan.pipe_count; i++)
        ends[i] = new_waited(L, PIPE, sizeof *ends[i]);
    process->pid = process_start(&plan, pipes);
    if (process->pid < 0) {
        process->pid = 0;
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno));
        return 2;
    }
    for (size_t i = 0; i < plan.pipe_count; i++)
        ends[i]->watch.fd = pipes[i];
    process->end.watch.fd = process_descriptor(process->pid);
    if (process->end.watch.fd < 0)
        return luaL_error(L, "cannot watch a process: %s", strerror(errno));
    await(L, &process->end);
    for (size_t i = 0; i < plan.pipe_count; i++)
        await(L, ends[i]);
    return lua_gettop(L) - first + 1;
}

static struct process *check_process(lua_State *L)
{
    return luaL_checkudata(L, 1, PROCESS);
}

static int id(lua_State *L)
{
    lua_pushinteger(L, check_process(L)->pid);
    return 1;
}

static int signal_process(lua_State *L)
{
    const struct process *process = check_process(L);
    int number = luaL_checkint(L, 2);
    if (process->pid)
        process_signal(process->pid, number);
    return 0;
}

static int ended(lua_State *L)
{
    const struct process *process = check_process(L);
    lua_pushboolean(L, !process->pid || process->end.wait.done);
    return 1;
}

static int reap(lua_State *L)
{
    struct process *process = check_process(L);
    luaL_argcheck(L, process->pid, 1, "it has been reaped");
    int status = process_reap(process->pid);
    process->pid = 0;
    close_waited(&process->end);
    if (WIFEXITED(status)) {
        lua_pushinteger(L, WEXITSTATUS(status));
        return 1;
    }
    lua_pushnil(L);
    lua_pushinteger(L, WTERMSIG(status));
    return 2;
}

static int process_gc(lua_State *L)
{
    struct process *process = lua_touserdata(L, 1);
    close_waited(&process->end);
    if (process->pid) {
        process_signal(process->pid, SIGKILL);
        process_reap(process->pid);
        process->pid = 0;
    }
    return 0;
}

/* ---- pipes ---- */

static int read_pipe(lua_State *L)
{
    struct waited *pipe = luaL_checkudata(L, 1, PIPE);
    ssize_t size = 1;
    size_t total = 0;
    luaL_Buffer buffer;
    if (pipe->watch.fd < 0)
        return 0;
    luaL_buffinit(L, &buffer);
    while (size > 0 && total < MOST_READ) {
        char piece[READ_AT_ONCE];
        size = read(pipe->watch.fd, piece, sizeof piece);
        if (size > 0) {
            luaL_addlstring(&buffer, piece, (size_t)size);
            total += (size_t)size;
        }
    }
    bool open = size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
    luaL_pushresult(&buffer);
    if (open)
        await(L, pipe);
    else
        close_waited(pipe);
    pipe->wait.done = !open;
    if (!open && !total)
        return 0;
    return 1;
}

/* ---- interrupts ---- */

static int interrupted(lua_State *L)
{
    sigset_t set;
    struct waited *waited = new_waited(L, INTERRUPT, sizeof *waited);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    waited->watch.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (waited->watch.fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return luaL_error(L, "cannot listen to signals: %s", strerror(errno));
    await(L, waited);
    return 1;
}

static int number(lua_State *L)
{
    const struct waited *waited = luaL_checkudata(L, 1, INTERRUPT);
    struct signalfd_siginfo info = {0};
    if (read(waited->watch.fd, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    lua_pushinteger(L, (lua_Integer)info.ssi_signo);
    return 1;
}

static const luaL_Reg process_methods[] = {
    {"id", id}, {"signal", signal_process}, {"ended", ended}, {"reap", reap}, {NULL, NULL},
};

static const luaL_Reg pipe_methods[] = {
    {"read", read_pipe},
    {NULL, NULL},
};

static const luaL_Reg interrupt_methods[] = {
    {"number", number},
    {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"spawn", spawn},
    {"interrupted", interrupted},
    {NULL, NULL},
};

int luaopen_local_process(lua_State *L)
{
    lua_new_waitable(L, PROCESS, process_gc, process_methods);
    lua_new_waitable(L, PIPE, waited_gc, pipe_methods);
    lua_new_waitable(L, INTERRUPT, waited_gc, interrupt_methods);
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    return 1;
}
