/*
 * The module `host.console`: what a console needs beside a library that edits lines.
 *
 * attention(fd?, chunk?) -> something to wait for: it is done when the descriptor can be read, or
 * when Ctrl-C (SIGINT) has come. Then the task `chunk` is stopped, too, if it runs and does not
 * wait. interrupted() -> whether Ctrl-C has come since it was last asked
 */
#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lua_bindings.h"
#include "memory.h"
#include "task.h"

#define ATTENTION "attention"

/* Instructions that another task than the chunk may go on for before it counts as one that spins.
 */
enum { BRIEF = 100000 };

struct attention {
    struct wait wait;
    struct watch input, signal;
};

/* What the signal handler reads, and the hook that it sets. */
static struct {
    lua_State *L;
    int fd;                   /* an eventfd, which the handler makes readable */
    const struct task *chunk; /* NULL while there is none */
    bool insists;             /* the hook has let a task go on once */
} console = {.fd = -1};

/* ---- Ctrl-C ---- */

static void calm(lua_State *L)
{
    console.insists = false;
    lua_sethook(L, NULL, 0, 0);
}

/*
 * The hook after Ctrl-C. As at a deadline, a yield is what no pcall can catch; where a C function
 * lies between, an error at every instruction comes to the same.
 */
static void on_stop(lua_State *L, lua_Debug *frame)
{
    (void)frame;
    struct task *task = loop_current(the_loop());
    if (!console.chunk || !task) {
        calm(L);
        return;
    }
    if (task != console.chunk && !console.insists) {
        console.insists = true;
        lua_sethook(L, on_stop, LUA_MASKCOUNT, BRIEF);
        return;
    }
    task_cancel(task);
    if (!lua_isyieldable(L))
        luaL_error(L, "interrupted");
    calm(L);
    lua_yield(L, 0);
}

/* A second one ends the process where the first has not been heard: a C function may take long. */
static void on_sigint(int number)
{
    static const uint64_t one = 1;
    int error = errno;
    (void)number;
    if (write(console.fd, &one, sizeof one) < 0)
        _exit(1);
    if (console.chunk)
        lua_sethook(console.L, on_stop, LUA_MASKCOUNT, 1);
    errno = error;
}

static int listen_to_sigint(lua_State *L)
{
    struct sigaction action = {.sa_handler = on_sigint, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    console.L = L;
    if (console.fd < 0)
        console.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return console.fd < 0 ? -1 : sigaction(SIGINT, &action, NULL);
}

static int interrupted(lua_State *L)
{
    uint64_t count;
    bool came = console.fd >= 0 && read(console.fd, &count, sizeof count) > 0;
    if (came)
        calm(L);
    lua_pushboolean(L, came);
    return 1;
}

/* ---- attention ---- */

static void abandon(struct wait *wait)
{
    struct attention *attention = (struct attention *)wait;
    watch_stop(&attention->input);
    watch_stop(&attention->signal);
    console.chunk = NULL;
}

static void finish(struct attention *attention)
{
    abandon(&attention->wait);
    wait_finish(&attention->wait);
}

static void on_input(struct watch *watch)
{
    finish((struct attention *)((char *)watch - offsetof(struct attention, input)));
}

static void on_signal(struct watch *watch)
{
    finish((struct attention *)((char *)watch - offsetof(struct attention, signal)));
}

static int attention_new(lua_State *L)
{
    int fd = luaL_optint(L, 1, -1);
    const struct task *chunk = lua_isnoneornil(L, 2) ? NULL : luaL_checkudata(L, 2, "task");
    struct events *events = loop_events(the_loop());
    struct attention *attention = lua_newuserdata(L, sizeof *attention);
    *attention = (struct attention){.wait.abandon = abandon,
                                    .input = {.ready = on_input, .fd = fd},
                                    .signal = {.ready = on_signal}};
    luaL_getmetatable(L, ATTENTION);
    lua_setmetatable(L, -2);
    if (listen_to_sigint(L) != 0)
        return luaL_error(L, "cannot listen to SIGINT: %s", strerror(errno));
    attention->signal.fd = console.fd;
    if (watch_start(events, &attention->signal, POLLIN) != 0 ||
        (fd >= 0 && watch_start(events, &attention->input, POLLIN) != 0))
        return memory_raise(L);
    console.chunk = chunk;
    return 1;
}

static int attention_gc(lua_State *L)
{
    struct attention *attention = lua_touserdata(L, 1);
    watch_stop(&attention->input);
    watch_stop(&attention->signal);
    return 0;
}

static const luaL_Reg functions[] = {
    {"attention", attention_new},
    {"interrupted", interrupted},
    {NULL, NULL},
};

int luaopen_host_console(lua_State *L)
{
    lua_new_waitable(L, ATTENTION, attention_gc, NULL);
    luaL_newlib(L, functions);
    return 1;
}
