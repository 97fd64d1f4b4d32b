#include "runtime.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "scalar.h"
#include "state.h"
#include "task.h"

struct service {
    const char *api;
    int status;
};

static void complain(const char *what)
{
    fprintf(stderr, "lualambda: %s\n", what);
}

static void take_status(lua_State *L, const struct task *task, struct service *service)
{
    if (task->state == TASK_RETURNED) {
        service->status = (int)lua_tointeger(task->thread, 1);
        return;
    }
    task_push_error(L, task);
    complain(state_describe(L));
}

/*
 * Loads lambda.service. Nearly all that loading makes stays, so the collector rests meanwhile, and
 * begins when the function's own modules have grown the heap fourfold.
 */
static void load_service(lua_State *L)
{
    lua_gc(L, LUA_GCSTOP, 0);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "lambda.service");
    lua_call(L, 1, 1);
    int pause = lua_gc(L, LUA_GCSETPAUSE, 400);
    lua_gc(L, LUA_GCRESTART, -1);
    lua_gc(L, LUA_GCSETPAUSE, pause);
}

/* Runs lambda.service as a task. */
static int serve_protected(lua_State *L)
{
    struct service *service = lua_touserdata(L, 1);
    load_service(L);
    lua_getfield(L, -1, "serve");
    lua_pushstring(L, service->api);
    const struct task *task = task_spawn(L, 1);
    if (loop_run_until(the_loop(), &task->wait.done) == 0)
        take_status(L, task, service);
    return 0;
}

/* In MB; 0 where there is none. */
static size_t memory_setting(void)
{
    const char *setting = getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    double megabytes = 0;
    if (setting)
        scalar_integer(setting, strlen(setting), &megabytes);
    return megabytes > 0 && megabytes < UINT32_MAX ? (size_t)megabytes : 0;
}

int runtime_serve(const char *api)
{
    struct service service = {api, 1};
    lua_State *L = state_new();
    if (!L) {
        complain("out of memory");
        return 1;
    }
    memory_cap(L, memory_setting());
    if (lua_cpcall(L, serve_protected, &service) != 0)
        complain(state_describe(L));
    memory_uncap();
    lua_close(L);
    return service.status;
}
