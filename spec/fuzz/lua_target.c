/*
 * Fuzzes what is written in Lua: FUZZ_TARGET names a file of spec/fuzz/targets that returns a
 * function, which is called with each input and raises where the module under test does what it
 * must not.
 *
 * The sources count which of their blocks run among libFuzzer's extra counters (instrument.lua): an
 * input that takes a new way through the Lua files is kept as one that takes a new way through C.
 */
#include <lauxlib.h>
#include <luajit.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "state.h"

int LLVMFuzzerInitialize(int *count, char ***values);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNTERS = 1 << 13, MOST_SECONDS = 5 }; /* of an input's own time: it is milliseconds */

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static lua_State *state;
static int target;                    /* the function, in the registry */
static volatile sig_atomic_t seconds; /* that the input has taken */

static int with_traceback(lua_State *L)
{
    luaL_traceback(L, L, state_describe(L), 1);
    return 1;
}

static void give_up(lua_State *L, lua_Debug *at)
{
    (void)at;
    luaL_traceback(L, L, "the input takes too long", 0);
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
}

static void on_second(int number)
{
    (void)number;
    if (++seconds > MOST_SECONDS)
        lua_sethook(state, give_up, LUA_MASKCOUNT, 1);
}

/* The clock is that of the process: no load of the machine makes an input slow. */
static void start_clock(void)
{
    struct sigaction action = {.sa_handler = on_second, .sa_flags = SA_RESTART};
    struct itimerval every = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
    if (sigaction(SIGVTALRM, &action, NULL) != 0 || setitimer(ITIMER_VIRTUAL, &every, NULL) != 0)
        abort();
}

/*
 * Has the library come from its sources, which count, and so need no second build to be looked
 * into; leaves a function of an input.
 */
static int load_target(lua_State *L, const char *file)
{
    static const char code[] =
        "table.remove(package.loaders, 2)"
        "package.path = 'host/lib/?.lua;host/lib/?/init.lua;spec/fuzz/?.lua;' .. package.path\n"
        "local file, counters, room = ...\n"
        "local load, tell = require('instrument').install(counters, room)\n"
        "local target = load(file)()\n"
        "return function(input) target(input) tell() end";
    if (luaL_loadbuffer(L, code, sizeof code - 1, "=lua_target") != 0)
        return -1;
    lua_pushstring(L, file);
    lua_pushlightuserdata(L, counters);
    lua_pushinteger(L, COUNTERS);
    return lua_pcall(L, 3, 1, 0);
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
    if (load_target(state, file) != 0) {
        fprintf(stderr, "%s\n", state_describe(state));
        exit(2);
    }
    target = luaL_ref(state, LUA_REGISTRYINDEX);
    start_clock();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seconds = 0;
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
