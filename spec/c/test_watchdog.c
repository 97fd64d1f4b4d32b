/* Unit tests of watchdog.c, with Lua code that would run for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <string.h>

#include "events.h"
#include "watchdog.h"

static lua_State *L;
static int overdue;

static int now(lua_State *thread)
{
    lua_pushnumber(thread, clock_now());
    return 1;
}

static int set_up(void **state)
{
    (void)state;
    L = luaL_newstate();
    if (!L)
        return -1;
    luaL_openlibs(L);
    lua_register(L, "now", now);
    overdue = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    watchdog_watch(L, INFINITY, NULL);
    lua_close(L);
    return 0;
}

static void on_overdue(lua_State *thread, lua_Debug *frame)
{
    (void)frame;
    overdue++;
    luaL_error(thread, "overdue");
}

static void on_overdue_once(lua_State *thread, lua_Debug *frame)
{
    (void)frame;
    overdue++;
    watchdog_calm(thread);
}

static void assert_stopped(const char *code)
{
    assert_int_not_equal(0, luaL_dostring(L, code));
    assert_non_null(strstr(lua_tostring(L, -1), "overdue"));
    lua_settop(L, 0);
    watchdog_calm(L);
}

static void assert_runs(const char *code)
{
    if (luaL_dostring(L, code) != 0)
        fail_msg("%s", lua_tostring(L, -1));
    lua_settop(L, 0);
}

static void a_loop_that_never_waits_is_stopped(void **state)
{
    (void)state;
    watchdog_watch(L, clock_now() + 0.05, on_overdue);
    assert_stopped("while true do end");
    assert_int_equal(1, overdue);
    assert_runs("for i = 1, 1e6 do end"); /* the hook is gone */
}

static void machine_code_and_the_interpreter_are_stopped_alike(void **state)
{
    (void)state;
    static const char *const loops[] = {
        "jit.off() local n = 0 while true do n = n + 1 end",
        "jit.on() local n = 0 while true do n = n + 1 end",
        "jit.on() local t = {} while true do for i = 1, 100 do t[i] = tostring(i) end end",
        "local function f() return f() end f()",
    };
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        watchdog_watch(L, clock_now() + 0.05, on_overdue);
        assert_stopped(loops[i]);
    }
}

static void a_deadline_that_has_passed_stops_at_once(void **state)
{
    (void)state;
    watchdog_watch(L, clock_now() - 100, on_overdue);
    assert_stopped("while true do end");
    watchdog_watch(L, -1, on_overdue);
    assert_stopped("while true do end");
    watchdog_watch(L, 0, on_overdue);
    assert_stopped("while true do end");
}

static void without_a_deadline_nothing_is_stopped(void **state)
{
    (void)state;
    watchdog_watch(L, clock_now() + 0.02, on_overdue);
    watchdog_watch(L, INFINITY, on_overdue);
    assert_runs("local start = now() while now() < start + 0.1 do end");
    assert_int_equal(0, overdue);
}

static void a_later_deadline_takes_the_place_of_an_earlier(void **state)
{
    (void)state;
    watchdog_watch(L, clock_now() + 0.02, on_overdue);
    watchdog_watch(L, clock_now() + 1000, on_overdue);
    assert_runs("local start = now() while now() < start + 0.1 do end");
    assert_int_equal(0, overdue);
}

static void an_earlier_deadline_takes_the_place_of_a_later(void **state)
{
    (void)state;
    watchdog_watch(L, clock_now() + 1000, on_overdue);
    watchdog_watch(L, clock_now() + 0.05, on_overdue);
    assert_stopped("while true do end");
}

static void a_hook_that_is_calmed_fires_no_more(void **state)
{
    (void)state;
    watchdog_watch(L, clock_now() + 0.02, on_overdue_once);
    assert_runs("local start = now() while now() < start + 0.2 do end");
    assert_int_equal(1, overdue);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_loop_that_never_waits_is_stopped),
        TEST(machine_code_and_the_interpreter_are_stopped_alike),
        TEST(a_deadline_that_has_passed_stops_at_once),
        TEST(without_a_deadline_nothing_is_stopped),
        TEST(a_later_deadline_takes_the_place_of_an_earlier),
        TEST(an_earlier_deadline_takes_the_place_of_a_later),
        TEST(a_hook_that_is_calmed_fires_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
