/*
 * Fuzzes what is written in Lua: FUZZ_TARGET names a file of spec/fuzz/targets that returns a
 * function, which is called with each input and raises where the module under test does what it
 * must not.
 *
 * LuaJIT's bytecode has no coverage of libFuzzer's own. So machine code is off, and a hook counts
 * each step from one line to the next among libFuzzer's extra counters: an input that takes a new
 * way through the Lua files is kept as one that takes a new way through C.
 */
#include <lauxlib.h>
#include <luajit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"

int LLVMFuzzerInitialize(int *count, char ***values);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNTERS = 1 << 14, MOST_LINES = 3000000 }; /* of one input: beyond that it hangs */

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static lua_State *state;
static int target; /* the function, in the registry */
static uint32_t last_line;
static size_t lines;

static void on_line(lua_State *L, lua_Debug *at)
{
    lua_getinfo(L, "Sl", at);
    uint32_t line =
        (uint32_t)((uintptr_t)at->source >> 4) * 2654435761u + (uint32_t)at->currentline * 40503u;
    uint8_t *counter = &counters[(line ^ last_line) % COUNTERS];
    if (*counter < UINT8_MAX)
        ++*counter;
    last_line = line >> 1;
    if (++lines > MOST_LINES) {
        luaL_traceback(L, L, "the input takes too many lines", 0);
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
}

static int with_traceback(lua_State *L)
{
    luaL_traceback(L, L, state_describe(L), 1);
    return 1;
}

/* The library comes from its sources, so that a finding needs no second build to be looked into. */
static void prefer_sources(lua_State *L)
{
    static const char code[] =
        "table.remove(package.loaders, 2)"
        "package.path = 'host/lib/?.lua;host/lib/?/init.lua;spec/fuzz/?.lua;' .. package.path";
    if (luaL_dostring(L, code) != 0)
        abort();
}

int LLVMFuzzerInitialize(int *count, char ***values)
{
    (void)count, (void)values;
    const char *file = getenv("FUZZ_TARGET");
    state = state_new();
    if (!file || !state) {
        fputs("FUZZ_TARGET must name a file of spec/fuzz/targets\n", stderr);
        exit(2);
    }
    prefer_sources(state);
    luaJIT_setmode(state, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    if (luaL_dofile(state, file) != 0) {
        fprintf(stderr, "%s\n", state_describe(state));
        exit(2);
    }
    target = luaL_ref(state, LUA_REGISTRYINDEX);
    lua_sethook(state, on_line, LUA_MASKLINE, 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lines = last_line = 0;
    lua_pushcfunction(state, with_traceback);
    lua_rawgeti(state, LUA_REGISTRYINDEX, target);
    lua_pushlstring(state, (const char *)data, size);
    if (lua_pcall(state, 1, 0, 1) != 0) {
        fprintf(stderr, "%s\n", state_describe(state));
        abort();
    }
    lua_settop(state, 0);
    return 0;
}
