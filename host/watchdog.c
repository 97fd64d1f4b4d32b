#include "watchdog.h"

#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "events.h"

/* What the signal handler reads; in nanoseconds since 1970 UTC, 0 for none. */
static struct {
    lua_State *L;
    lua_Hook overdue;
    timer_t timer;
    bool ready;                /* the timer is there */
    _Atomic int64_t deadline;  /* of what runs now */
    _Atomic int64_t armed_for; /* when the timer will fire */
} watchdog;

static const int64_t SECOND = 1000000000;

static void arm(int64_t at)
{
    struct itimerspec when = {.it_value = {at / SECOND, at % SECOND}};
    watchdog.armed_for = at;
    timer_settime(watchdog.timer, TIMER_ABSTIME, &when, NULL);
}

/* What was armed for may have ended long ago: the timer is not reset with every change. */
static void on_alarm(int number)
{
    (void)number;
    struct timespec now;
    int64_t deadline = watchdog.deadline;
    watchdog.armed_for = 0;
    if (!deadline)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec * SECOND + now.tv_nsec < deadline)
        arm(deadline);
    else
        lua_sethook(watchdog.L, watchdog.overdue, LUA_MASKCOUNT, 1);
}

/* The signal goes to this thread, the one that runs Lua: libcurl's resolver has others. */
static bool prepare(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    event._sigev_un._tid = gettid();
    return sigaction(SIGALRM, &action, NULL) == 0 &&
           timer_create(CLOCK_REALTIME, &event, &watchdog.timer) == 0;
}

void watchdog_watch(lua_State *L, double deadline, lua_Hook overdue)
{
    if (isinf(deadline)) {
        watchdog.deadline = 0;
        return;
    }
    int64_t at = (int64_t)((deadline > 0 ? deadline : 0) * 1e9) + 1;
    watchdog.L = L;
    watchdog.overdue = overdue;
    watchdog.deadline = at;
    if (!watchdog.ready && !(watchdog.ready = prepare()))
        return;
    int64_t armed_for = watchdog.armed_for;
    if (!armed_for || armed_for > at)
        arm(at);
}

void watchdog_calm(lua_State *L)
{
    lua_sethook(L, NULL, 0, 0);
}
