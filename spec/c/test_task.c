/*
 * Unit tests of task.c: tasks that are C functions, and waits that the test itself finishes. What
 * Lua sees of it is in spec/host/task_spec.lua.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "task.h"

static lua_State *L;
static struct loop *loop;
static char trail[64]; /* a letter each time that something runs */

static void note(char letter)
{
    size_t length = strlen(trail);
    assert_true(length + 1 < sizeof trail);
    trail[length] = letter;
    trail[length + 1] = '\0';
}

/* ---- what tasks do ---- */

static void on_abandon(struct wait *wait)
{
    (void)wait;
    note('!');
}

/* Leaves a wait in Lua's global `w`, which keeps it. */
static struct wait *new_wait(void)
{
    struct wait *wait = lua_newuserdata(L, sizeof *wait);
    *wait = (struct wait){.abandon = on_abandon};
    lua_setglobal(L, "w");
    return wait;
}

static int wait_for(lua_State *thread)
{
    return task_wait(thread, lua_touserdata(thread, 1));
}

static int finish(lua_State *thread)
{
    wait_finish(lua_touserdata(thread, 1));
    return 0;
}

static int cancel(lua_State *thread)
{
    task_cancel(lua_touserdata(thread, 1));
    return 0;
}

static int spawn(lua_State *thread)
{
    task_spawn(thread, 0);
    return 1;
}

static int run(lua_State *thread)
{
    note((char)lua_tointeger(thread, 1));
    return 0;
}

static int raise_error(lua_State *thread)
{
    return luaL_error(thread, "of purpose");
}

/* A task that notes a letter. */
static struct task *spawn_note(char letter)
{
    lua_pushcfunction(L, run);
    lua_pushinteger(L, letter);
    return task_spawn(L, 1);
}

static struct task *spawn_code(const char *code)
{
    if (luaL_loadstring(L, code) != 0)
        fail_msg("%s", lua_tostring(L, -1));
    return task_spawn(L, 0);
}

static const char WAITS[] = "note(97) wait(w) note(98)";

static void run_until(struct task *task)
{
    assert_int_equal(0, loop_run_until(loop, &task->wait.done));
}

static int set_up(void **state)
{
    (void)state;
    L = luaL_newstate();
    if (!L)
        return -1;
    luaL_openlibs(L);
    luaL_newmetatable(L, "task");
    loop = loop_new(L);
    lua_register(L, "wait", wait_for);
    lua_register(L, "finish", finish);
    lua_register(L, "note", run);
    lua_register(L, "spawn", spawn);
    lua_settop(L, 0);
    memset(trail, 0, sizeof trail);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lua_close(L);
    return 0;
}

/* ---- tests ---- */

static void tasks_run_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    spawn_note('1');
    spawn_note('2');
    struct task *last = spawn_note('3');
    assert_int_equal(TASK_READY, last->state);
    run_until(last);
    assert_string_equal("123", trail);
    assert_int_equal(TASK_RETURNED, last->state);
    assert_null(loop_current(loop));
}

static void on_timer(struct timer *timer)
{
    (void)timer;
    note('t');
}

static struct timer at_once = {.fired = on_timer};

static int start_timer(lua_State *thread)
{
    (void)thread;
    return timer_start(loop_events(loop), &at_once, 0);
}

static void what_a_task_begins_does_not_wait_for_the_others(void **state)
{
    (void)state;
    lua_pushcfunction(L, start_timer);
    task_spawn(L, 0);
    spawn_note('1');
    run_until(spawn_note('2'));
    assert_string_equal("t12", trail);
}

static void what_tasks_begin_goes_together_while_many_are_behind(void **state)
{
    (void)state;
    lua_pushcfunction(L, start_timer);
    task_spawn(L, 0);
    spawn_note('1');
    for (int i = 0; i < 64; i++)
        spawn_code("");
    run_until(spawn_note('2'));
    assert_string_equal("1t2", trail);
}

static void a_task_goes_on_when_its_wait_is_done(void **state)
{
    (void)state;
    struct wait *wait = new_wait();
    struct task *task = spawn_code(WAITS), *other = spawn_note('x');
    run_until(other);
    assert_string_equal("ax", trail);
    assert_int_equal(TASK_WAITING, task->state);
    wait_finish(wait);
    wait_finish(wait); /* a second time changes nothing */
    run_until(task);
    assert_string_equal("axb", trail);
}

static void a_wait_that_is_done_holds_nobody_up(void **state)
{
    (void)state;
    struct wait *wait = new_wait();
    wait_finish(wait);
    struct task *task = spawn_code(WAITS);
    spawn_note('x');
    run_until(task);
    assert_string_equal("ab", trail);
}

static void several_tasks_may_wait_for_one_thing(void **state)
{
    (void)state;
    struct wait *wait = new_wait();
    struct task *tasks[5];
    for (int i = 0; i < 5; i++)
        tasks[i] = spawn_code(WAITS);
    run_until(spawn_note('x'));
    wait_finish(wait);
    for (int i = 0; i < 5; i++)
        run_until(tasks[i]);
    assert_string_equal("aaaaaxbbbbb", trail);
}

static void the_last_who_leaves_gives_the_thing_up(void **state)
{
    (void)state;
    new_wait();
    struct task *first = spawn_code(WAITS), *second = spawn_code(WAITS);
    run_until(spawn_note('x'));
    task_cancel(first);
    assert_string_equal("aax", trail);
    task_cancel(second);
    assert_string_equal("aax!", trail);
    assert_int_equal(TASK_CANCELLED, second->state);
    task_cancel(second); /* it has ended */
    assert_string_equal("aax!", trail);
}

static void a_task_that_has_not_begun_may_be_cancelled(void **state)
{
    (void)state;
    spawn_note('1');
    struct task *second = spawn_note('2'), *last = spawn_note('3');
    task_cancel(second);
    run_until(last);
    assert_string_equal("13", trail);
    task_cancel(spawn_note('4')); /* the only one, and the end of the queue */
    run_until(spawn_note('5'));
    assert_string_equal("135", trail);
}

static void a_task_may_wait_where_it_cannot_yield(void **state)
{
    (void)state;
    new_wait();
    struct task *task =
        spawn_code("string.gsub('x', 'x', function() note(97) wait(w) end) note(98)");
    spawn_code("note(120) finish(w)"); /* runs within the wait */
    run_until(task);
    assert_string_equal("axb", trail);
}

static void one_that_waits_there_is_stopped_at_once(void **state)
{
    (void)state;
    new_wait();
    struct task *task =
        spawn_code("string.gsub('x', 'x', function() note(97) wait(w) end) note(98)");
    lua_pushcfunction(L, cancel);
    lua_pushlightuserdata(L, task);
    task_spawn(L, 1);
    run_until(task);
    assert_string_equal("a", trail);
    assert_int_equal(TASK_CANCELLED, task->state);
}

static void what_can_never_end_is_told(void **state)
{
    (void)state;
    new_wait();
    struct task *task = spawn_code(WAITS);
    assert_int_equal(-1, loop_run_until(loop, &task->wait.done));
    assert_int_equal(TASK_WAITING, task->state);
}

static void a_failure_is_kept_until_somebody_asks(void **state)
{
    (void)state;
    lua_pushcfunction(L, raise_error);
    struct task *failed = task_spawn(L, 0), *other = spawn_note('x');
    run_until(other);
    assert_int_equal(TASK_FAILED, failed->state);
    assert_string_equal("of purpose", lua_tostring(failed->thread, -1));
    assert_null(task_next_failure(L, other)); /* of another family */
    int top = lua_gettop(L);
    assert_ptr_equal(failed, task_next_failure(L, failed));
    assert_int_equal(top + 1, lua_gettop(L));
    assert_null(task_next_failure(L, failed));
    task_claim(failed); /* twice is as good as once */
}

static void a_family_is_cancelled_without_the_one_who_asks(void **state)
{
    (void)state;
    struct wait *wait = new_wait();
    struct task *parent = spawn_code("spawn(function() wait(w) note(99) end) "
                                     "spawn(function() wait(w) note(99) end) " /* two children */
                                     "note(97) wait(w) note(98)");
    struct task *stranger = spawn_code(WAITS);
    run_until(spawn_note('x'));
    run_until(spawn_note('y')); /* the children wait, too */
    assert_int_equal(2, task_cancel_family(parent));
    assert_int_equal(0, task_cancel_family(parent));
    wait_finish(wait);
    run_until(parent);
    run_until(stranger);
    assert_string_equal("aaxybb", trail);
}

static void a_root_is_stopped_at_its_deadline(void **state)
{
    (void)state;
    new_wait();
    luaL_loadstring(L, WAITS);
    struct task *root = task_spawn_root(L, 0, clock_now() + 0.3);
    run_until(root);
    assert_int_equal(TASK_EXPIRED, root->state);
    assert_true(!*trail || strcmp(trail, "a!") == 0); /* nothing, on a slow machine */
}

static void a_root_that_spins_is_stopped_too(void **state)
{
    (void)state;
    luaL_loadstring(L, "while true do pcall(function() while true do end end) end");
    struct task *root = task_spawn_root(L, 0, clock_now());
    run_until(root);
    assert_int_equal(TASK_EXPIRED, root->state);
}

static void locals_belong_to_a_family(void **state)
{
    (void)state;
    struct task *one = spawn_note('1'), *two = spawn_note('2');
    task_push_locals(one, L);
    task_push_locals(one, L);
    assert_true(lua_rawequal(L, -1, -2));
    task_push_locals(two, L);
    assert_false(lua_rawequal(L, -1, -2));
    run_until(two);
}

static void the_state_s_end_ends_tasks_that_still_wait(void **state)
{
    (void)state;
    new_wait();
    for (int i = 0; i < 5; i++)
        spawn_code(WAITS);
    run_until(spawn_note('x'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tasks_run_in_the_order_in_which_they_came),
        TEST(what_a_task_begins_does_not_wait_for_the_others),
        TEST(what_tasks_begin_goes_together_while_many_are_behind),
        TEST(a_task_goes_on_when_its_wait_is_done),
        TEST(a_wait_that_is_done_holds_nobody_up),
        TEST(several_tasks_may_wait_for_one_thing),
        TEST(the_last_who_leaves_gives_the_thing_up),
        TEST(a_task_that_has_not_begun_may_be_cancelled),
        TEST(a_task_may_wait_where_it_cannot_yield),
        TEST(one_that_waits_there_is_stopped_at_once),
        TEST(what_can_never_end_is_told),
        TEST(a_failure_is_kept_until_somebody_asks),
        TEST(a_family_is_cancelled_without_the_one_who_asks),
        TEST(a_root_is_stopped_at_its_deadline),
        TEST(a_root_that_spins_is_stopped_too),
        TEST(locals_belong_to_a_family),
        TEST(the_state_s_end_ends_tasks_that_still_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
