/*
 * invoke-local: serves a function on this machine. A program of its own, so that what ships stays
 * small: all of bootstrap's host, and what a server needs besides. Its logic is in host/lib/local.
 *
 * usage: invoke-local ROOT [ARGUMENT...], ROOT being the checkout
 */
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>

#include "local_bindings.h"
#include "state.h"
#include "task.h"

static const luaL_Reg bindings[] = {
    {"local.files", luaopen_local_files},
    {"local.process", luaopen_local_process},
    {"local.server", luaopen_local_server},
    {NULL, NULL},
};

struct arguments {
    int count;
    char **values;
    int status; /* the exit status */
};

static void find_modules(lua_State *L, const char *root)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    luaL_register(L, NULL, bindings);
    lua_pop(L, 1);
    lua_pushfstring(L, "%s/host/lib/?.lua;%s/host/lib/?/init.lua", root, root);
    lua_setfield(L, -2, "path");
    lua_pop(L, 1);
}

static void take_status(lua_State *L, const struct task *task, struct arguments *arguments)
{
    if (task->state == TASK_RETURNED) {
        arguments->status = (int)lua_tointeger(task->thread, 1);
        return;
    }
    task_push_error(L, task);
    fprintf(stderr, "invoke-local: %s\n", state_describe(L));
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->trace_ref);
    if (lua_isstring(L, -1))
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
}

/* Runs local.main as a task. */
static int run_protected(lua_State *L)
{
    struct arguments *arguments = lua_touserdata(L, 1);
    find_modules(L, arguments->values[1]);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "local.main");
    lua_call(L, 1, 1);
    luaL_checkstack(L, arguments->count, "too many arguments");
    for (int i = 1; i < arguments->count; i++)
        lua_pushstring(L, arguments->values[i]);
    const struct task *task = task_spawn(L, arguments->count - 1);
    if (loop_run_until(the_loop(), &task->wait.done) == 0)
        take_status(L, task, arguments);
    return 0;
}

int main(int count, char **values)
{
    struct arguments arguments = {count, values, 1};
    if (count < 2) {
        fputs("usage: invoke-local ROOT [ARGUMENT...]; see scripts/invoke-local --help\n", stderr);
        return 2;
    }
    lua_State *L = state_new();
    if (!L) {
        fputs("invoke-local: out of memory\n", stderr);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    if (lua_cpcall(L, run_protected, &arguments) != 0)
        fprintf(stderr, "invoke-local: %s\n", state_describe(L));
    lua_close(L);
    return arguments.status;
}
