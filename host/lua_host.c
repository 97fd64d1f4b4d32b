/*
 * The module `host`: the program and its process.
 *
 * program() -> the absolute path of the running file, nil where /proc is missing
 * version
 * write(fd, text) -> true | nil, message: at once, past any buffer
 * memory_cap() -> MB, nil where there is no cap
 * memory_is_short() -> whether most of that is in use
 * terminated() -> something to wait for: it is done when SIGTERM has come
 */
#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lua_bindings.h"
#include "memory.h"
#include "task.h"
#include "version.h"

#define TERMINATION "termination"

static int program(lua_State *L)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length < 0)
        return 0;
    lua_pushlstring(L, path, (size_t)length);
    return 1;
}

/* ---- write ---- */

/* Whether it is worth another try, after waiting where the descriptor is full and does not block.
 */
static bool may_go_on(int fd)
{
    struct pollfd full = {.fd = fd, .events = POLLOUT};
    return errno == EINTR || (errno == EAGAIN && (poll(&full, 1, -1) > 0 || errno == EINTR));
}

static int write_all(lua_State *L)
{
    int fd = luaL_checkint(L, 1);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && may_go_on(fd))
            continue;
        if (written < 0) {
            lua_pushnil(L);
            lua_pushstring(L, strerror(errno));
            return 2;
        }
        text += written;
        length -= (size_t)written;
    }
    lua_pushboolean(L, 1);
    return 1;
}

static int memory_cap_of_process(lua_State *L)
{
    if (!memory_capped_at())
        return 0;
    lua_pushinteger(L, (lua_Integer)memory_capped_at());
    return 1;
}

static int memory_is_short_now(lua_State *L)
{
    lua_pushboolean(L, memory_is_short());
    return 1;
}

/* ---- terminated ---- */

struct termination {
    struct wait wait;
    struct watch watch;
};

static int termination_fd = -1; /* an eventfd, which the handler makes readable */

/* A second SIGTERM ends the process, as the first would have. */
static void on_sigterm(int number)
{
    static const uint64_t one = 1;
    int error = errno;
    (void)number;
    if (write(termination_fd, &one, sizeof one) < 0)
        _exit(1);
    errno = error;
}

static void on_readable(struct watch *watch)
{
    watch_stop(watch);
    wait_finish(
        &((struct termination *)((char *)watch - offsetof(struct termination, watch)))->wait);
}

static int terminated(lua_State *L)
{
    struct sigaction action = {.sa_handler = on_sigterm,
                               .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    struct termination *termination = lua_newuserdata(L, sizeof *termination);
    *termination = (struct termination){.watch.ready = on_readable};
    luaL_getmetatable(L, TERMINATION);
    lua_setmetatable(L, -2);
    if (termination_fd < 0)
        termination_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    termination->watch.fd = termination_fd;
    if (termination_fd < 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        watch_start(loop_events(the_loop()), &termination->watch, POLLIN) != 0)
        return luaL_error(L, "cannot listen to SIGTERM: %s", strerror(errno));
    return 1;
}

static int termination_gc(lua_State *L)
{
    struct termination *termination = lua_touserdata(L, 1);
    watch_stop(&termination->watch);
    return 0;
}

static const luaL_Reg functions[] = {
    {"program", program},
    {"write", write_all},
    {"memory_cap", memory_cap_of_process},
    {"memory_is_short", memory_is_short_now},
    {"terminated", terminated},
    {NULL, NULL},
};

int luaopen_host(lua_State *L)
{
    lua_new_waitable(L, TERMINATION, termination_gc, NULL);
    luaL_newlib(L, functions);
    lua_pushliteral(L, LUALAMBDA_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
