/*
 * The binding of task.h: `host.task`, over which host/lib/task.lua is the public module.
 */
#include <lauxlib.h>
#include <math.h>
#include <stddef.h>

#include "lua_bindings.h"
#include "memory.h"
#include "task.h"

#define TASK "task"
#define TIMER "timer"

/* The function's upvalue is "__wait". */
static bool is_waitable(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TUSERDATA || !lua_getmetatable(L, 1))
        return false;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_rawget(L, -2);
    return lua_toboolean(L, -1);
}

static int task_wait_for(lua_State *L)
{
    if (!is_waitable(L))
        return luaL_argerror(L, 1, "expected something to wait for");
    lua_settop(L, 1);
    return task_wait(L, lua_touserdata(L, 1));
}

static int spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    task_spawn(L, lua_gettop(L) - 1);
    return 1;
}

/* root(deadline, fn, ...): deadline in seconds since 1970 UTC, or nil. */
static int root(lua_State *L)
{
    lua_Number deadline = luaL_optnumber(L, 1, INFINITY);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    task_spawn_root(L, lua_gettop(L) - 2, deadline);
    return 1;
}

static int cancel(lua_State *L)
{
    task_cancel(luaL_checkudata(L, 1, TASK));
    return 0;
}

/* What a returned task's coroutine has left on its stack, once for each that asks. */
static int push_values(lua_State *L, const struct task *task)
{
    int count = lua_gettop(task->thread);
    if (!lua_checkstack(L, count + 1) || !lua_checkstack(task->thread, count))
        return luaL_error(L, "too many results");
    for (int i = 1; i <= count; i++)
        lua_pushvalue(task->thread, i);
    lua_xmove(task->thread, L, count);
    return count;
}

static int results(lua_State *L)
{
    struct task *task = luaL_checkudata(L, 1, TASK);
    task_claim(task);
    switch (task->state) {
    case TASK_RETURNED:
        lua_pushboolean(L, 1);
        return 1 + push_values(L, task);
    case TASK_FAILED:
        lua_pushboolean(L, 0);
        task_push_error(L, task);
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->trace_ref);
        return 3;
    case TASK_EXPIRED:
        lua_pushboolean(L, 0);
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->message_ref);
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->trace_ref);
        lua_pushliteral(L, "deadline");
        return 4;
    case TASK_CANCELLED:
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "cancelled");
        return 2;
    default:
        return luaL_error(L, "the task has not ended");
    }
}

struct lua_timer {
    struct wait wait;
    struct timer timer;
};

static struct lua_timer *lua_timer_of(struct timer *timer)
{
    return (struct lua_timer *)((char *)timer - offsetof(struct lua_timer, timer));
}

static void timer_fired(struct timer *timer)
{
    wait_finish(&lua_timer_of(timer)->wait);
}

static void timer_abandon(struct wait *wait)
{
    timer_stop(&((struct lua_timer *)wait)->timer);
}

static int timer_new(lua_State *L)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    struct lua_timer *timer = lua_newuserdata(L, sizeof *timer);
    *timer = (struct lua_timer){.wait.abandon = timer_abandon, .timer.fired = timer_fired};
    luaL_getmetatable(L, TIMER);
    lua_setmetatable(L, -2);
    if (timer_start(loop_events(the_loop()), &timer->timer, seconds) != 0)
        return memory_raise(L);
    return 1;
}

static int timer_gc(lua_State *L)
{
    timer_abandon(lua_touserdata(L, 1));
    return 0;
}

static int task_gc(lua_State *L)
{
    struct task *task = lua_touserdata(L, 1);
    timer_stop(&task->timer); /* of one that was never started, because memory was short */
    luaL_unref(L, LUA_REGISTRYINDEX, task->thread_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, task->trace_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, task->message_ref);
    return 0;
}

static int now(lua_State *L)
{
    lua_pushnumber(L, clock_now());
    return 1;
}

static int deadline(lua_State *L)
{
    const struct task *task = loop_current(the_loop());
    if (!task || isinf(task->deadline))
        return 0;
    lua_pushnumber(L, task->deadline);
    return 1;
}

static int locals(lua_State *L)
{
    struct task *task = loop_current(the_loop());
    if (task)
        task_push_locals(task, L);
    else
        lua_newtable(L);
    return 1;
}

/* family_cancel(task) -> how many others of its family had not ended */
static int family_cancel(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)task_cancel_family(luaL_checkudata(L, 1, TASK)));
    return 1;
}

/* family_failure(task) -> a task of its family whose failure nobody has asked for, or nil */
static int family_failure(lua_State *L)
{
    return task_next_failure(L, luaL_checkudata(L, 1, TASK)) ? 1 : 0;
}

static const luaL_Reg functions[] = {
    {"spawn", spawn},
    {"root", root},
    {"cancel", cancel},
    {"results", results},
    {"timer", timer_new},
    {"now", now},
    {"deadline", deadline},
    {"locals", locals},
    {"family_cancel", family_cancel},
    {"family_failure", family_failure},
    {NULL, NULL},
};

void lua_new_waitable(lua_State *L, const char *name, lua_CFunction gc, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "__wait");
    if (methods) {
        lua_newtable(L);
        luaL_register(L, NULL, methods);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

int luaopen_host_task(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};

    lua_new_waitable(L, TIMER, timer_gc, NULL);
    lua_new_waitable(L, TASK, task_gc, none);
    luaL_newlib(L, functions);
    lua_pushliteral(L, "__wait");
    lua_pushcclosure(L, task_wait_for, 1);
    lua_setfield(L, -2, "wait");
    luaL_getmetatable(L, TASK);
    lua_getfield(L, -1, "__index");
    lua_setfield(L, -3, "task_methods"); /* which task.lua fills */
    lua_pop(L, 1);
    return 1;
}
