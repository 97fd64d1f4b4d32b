/* Unit tests of events.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "events.h"

enum { MANY = 1000, PATIENCE = 30000 /* ms */ };

static struct events *events;

static int set_up(void **state)
{
    (void)state;
    events = events_new();
    return events ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    events_free(events);
    return 0;
}

/* ---- timers ---- */

struct counted {
    struct timer timer; /* first: a timer is one of these */
    int fired;
    struct counted *victim; /* another that it stops */
    bool again;             /* it starts itself once more */
};

static double last_due;
static int total;

static void on_fired(struct timer *timer)
{
    struct counted *counted = (struct counted *)timer;
    assert_int_equal(0, timer->slot);
    assert_true(timer->due >= last_due);
    last_due = timer->due;
    counted->fired++;
    total++;
    if (counted->victim)
        timer_stop(&counted->victim->timer);
    if (counted->again) {
        counted->again = false;
        assert_int_equal(0, timer_start(events, timer, 0));
    }
}

static struct counted *new_timers(size_t count)
{
    struct counted *timers = calloc(count, sizeof *timers);
    assert_non_null(timers);
    for (size_t i = 0; i < count; i++)
        timers[i].timer.fired = on_fired;
    last_due = 0;
    total = 0;
    return timers;
}

static void poll_until_idle(void)
{
    while (events_pending(events))
        events_poll(events, PATIENCE);
}

static void timers_fire_in_their_order_and_once(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    srandom(seed);
    struct counted *timers = new_timers(MANY);
    bool stopped[MANY] = {0};
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(0,
                         timer_start(events, &timers[i].timer, (double)(random() % 1000) / 20000));
    for (size_t i = 0; i < MANY / 3; i++) {
        size_t which = (size_t)random() % MANY;
        timer_stop(&timers[which].timer);
        timer_stop(&timers[which].timer); /* one that is not set stays as it is */
        stopped[which] = true;
    }
    poll_until_idle();
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(stopped[i] ? 0 : 1, timers[i].fired);
    free(timers);
}

static void a_timer_may_stop_one_that_is_due_too(void **state)
{
    (void)state;
    struct counted *timers = new_timers(2);
    timers[0].victim = &timers[1];
    timer_start(events, &timers[0].timer, 0);
    timer_start(events, &timers[1].timer, 0);
    poll_until_idle();
    assert_int_equal(1, timers[0].fired);
    assert_int_equal(0, timers[1].fired);
    free(timers);
}

static void a_timer_may_start_itself_again(void **state)
{
    (void)state;
    struct counted *timers = new_timers(1);
    timers[0].again = true;
    timer_start(events, &timers[0].timer, -5); /* due already */
    poll_until_idle();
    assert_int_equal(2, timers[0].fired);
    free(timers);
}

static void a_poll_without_patience_waits_for_no_timer(void **state)
{
    (void)state;
    struct counted *timers = new_timers(1);
    timer_start(events, &timers[0].timer, 1e6);
    events_poll(events, 0);
    events_poll(events, 1);
    assert_int_equal(0, timers[0].fired);
    assert_true(events_pending(events));
    timer_stop(&timers[0].timer);
    assert_false(events_pending(events));
    free(timers);
}

/* ---- watches ---- */

struct watched {
    struct watch watch; /* first: a watch is one of these */
    int other;          /* the other end of the socket */
    int called;
    short found;
    struct watched *starts, *stops;
    bool keeps; /* it goes on watching */
};

static void on_ready(struct watch *watch)
{
    struct watched *watched = (struct watched *)watch;
    watched->called++;
    watched->found = watch->found;
    if (watched->stops)
        watch_stop(&watched->stops->watch);
    if (watched->starts)
        assert_int_equal(0, watch_start(events, &watched->starts->watch, POLLIN));
    if (!watched->keeps)
        watch_stop(watch);
}

static void open_watched(struct watched *watched)
{
    int ends[2];
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    *watched = (struct watched){.watch = {.ready = on_ready, .fd = ends[0]}, .other = ends[1]};
}

static void close_watched(struct watched *watched)
{
    watch_stop(&watched->watch);
    close(watched->watch.fd);
    if (watched->other >= 0)
        close(watched->other);
}

static void feed(struct watched *watched)
{
    assert_int_equal(1, write(watched->other, "x", 1));
}

static void a_watch_is_called_as_long_as_it_can_be_used(void **state)
{
    (void)state;
    struct watched watched;
    open_watched(&watched);
    watched.keeps = true;
    assert_int_equal(0, watch_start(events, &watched.watch, POLLIN));
    assert_true(events_pending(events));
    events_poll(events, 0);
    assert_int_equal(0, watched.called);
    feed(&watched);
    events_poll(events, PATIENCE);
    events_poll(events, PATIENCE);
    assert_int_equal(2, watched.called);
    assert_int_equal(POLLIN, watched.found);

    watch_start(events, &watched.watch, POLLOUT); /* for something else */
    events_poll(events, PATIENCE);
    assert_int_equal(POLLOUT, watched.found);
    watch_stop(&watched.watch);
    watch_stop(&watched.watch); /* one that is not watched */
    assert_false(events_pending(events));
    events_poll(events, 0);
    assert_int_equal(3, watched.called);
    close_watched(&watched);
}

static void timers_can_be_fired_alone(void **state)
{
    (void)state;
    struct counted *timers = new_timers(2);
    struct watched watched;
    open_watched(&watched);
    watch_start(events, &watched.watch, POLLIN);
    feed(&watched);
    timer_start(events, &timers[0].timer, 0);
    timer_start(events, &timers[1].timer, 1e6);
    events_fire(events);
    assert_int_equal(1, timers[0].fired);
    assert_int_equal(0, timers[1].fired);
    assert_int_equal(0, watched.called);
    timer_stop(&timers[1].timer);
    close_watched(&watched);
    free(timers);
}

static void a_watch_hears_that_the_other_end_has_gone(void **state)
{
    (void)state;
    struct watched watched;
    open_watched(&watched);
    watch_start(events, &watched.watch, POLLIN);
    close(watched.other);
    watched.other = -1;
    events_poll(events, PATIENCE);
    assert_int_equal(1, watched.called);
    assert_true(watched.found & POLLHUP);
    close_watched(&watched);
}

/* Whichever of three is called first stops another: none is called after it was stopped. */
static void a_watch_may_stop_another_that_is_ready(void **state)
{
    (void)state;
    for (int victim = 0; victim < 3; victim++) {
        struct watched watched[3];
        for (int i = 0; i < 3; i++) {
            open_watched(&watched[i]);
            watch_start(events, &watched[i].watch, POLLIN);
            feed(&watched[i]);
        }
        for (int i = 0; i < 3; i++)
            if (i != victim)
                watched[i].stops = &watched[victim];
        events_poll(events, PATIENCE);
        int called = 0;
        for (int i = 0; i < 3; i++) {
            assert_null(watched[i].watch.events);
            called += watched[i].called;
        }
        assert_true(called == 2 || (called == 3 && watched[victim].called == 1));
        for (int i = 0; i < 3; i++)
            close_watched(&watched[i]);
    }
}

static void a_watch_may_start_others(void **state)
{
    (void)state;
    struct watched watched[20];
    for (int i = 0; i < 20; i++) {
        open_watched(&watched[i]);
        feed(&watched[i]);
    }
    for (int i = 0; i < 19; i++)
        watched[i].starts = &watched[i + 1];
    watch_start(events, &watched[0].watch, POLLIN);
    poll_until_idle();
    for (int i = 0; i < 20; i++) {
        assert_int_equal(1, watched[i].called);
        close_watched(&watched[i]);
    }
}

/* ---- signals, clocks ---- */

static void on_alarm(int number)
{
    (void)number;
}

static void a_signal_ends_a_wait_and_calls_nobody(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm}, before;
    struct itimerval soon = {.it_interval = {0, 20000}, .it_value = {0, 20000}}, never = {0};
    struct watched watched;
    open_watched(&watched);
    watch_start(events, &watched.watch, POLLIN);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &soon, NULL);
    events_poll(events, -1); /* would never end otherwise */
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(0, watched.called);
    close_watched(&watched);
}

static void the_clock_is_the_world_s(void **state)
{
    (void)state;
    double before = (double)time(NULL), now = clock_now();
    assert_true(now >= before && now < before + PATIENCE);
}

static void nothing_is_a_set_to_free(void **state)
{
    (void)state;
    events_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_fire_in_their_order_and_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_may_stop_one_that_is_due_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_may_start_itself_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_poll_without_patience_waits_for_no_timer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_watch_is_called_as_long_as_it_can_be_used, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(timers_can_be_fired_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_watch_hears_that_the_other_end_has_gone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_watch_may_stop_another_that_is_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_watch_may_start_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_signal_ends_a_wait_and_calls_nobody, set_up, tear_down),
        cmocka_unit_test(the_clock_is_the_world_s),
        cmocka_unit_test(nothing_is_a_set_to_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
