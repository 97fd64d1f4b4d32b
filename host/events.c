#include "events.h"

#include <stdlib.h>
#include <time.h>

struct events {
    struct timer **timers; /* a binary heap, the earliest at timers[1] */
    size_t timer_count, timer_room;
    struct watch *watches, *next_watch; /* the latter: where a walk over them goes on */
    struct pollfd *fds;                 /* room for each watch */
    size_t watch_count, fds_room;
};

struct events *events_new(void)
{
    return calloc(1, sizeof(struct events));
}

void events_free(struct events *events)
{
    if (!events)
        return;
    free(events->timers);
    free(events->fds);
    free(events);
}

/* ---- clocks ---- */

static double read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

/* ---- timers ---- */

static void heap_put(struct events *events, size_t slot, struct timer *timer)
{
    events->timers[slot] = timer;
    timer->slot = slot;
}

static void heap_up(struct events *events, struct timer *timer, size_t slot)
{
    for (; slot > 1 && events->timers[slot / 2]->due > timer->due; slot /= 2)
        heap_put(events, slot, events->timers[slot / 2]);
    heap_put(events, slot, timer);
}

static void heap_down(struct events *events, struct timer *timer, size_t slot)
{
    struct timer **timers = events->timers;
    for (size_t child; (child = 2 * slot) <= events->timer_count; slot = child) {
        if (child < events->timer_count && timers[child + 1]->due < timers[child]->due)
            child++;
        if (timer->due <= timers[child]->due)
            break;
        heap_put(events, slot, timers[child]);
    }
    heap_put(events, slot, timer);
}

int timer_start(struct events *events, struct timer *timer, double seconds)
{
    if (events->timer_count + 2 > events->timer_room) {
        size_t room = events->timer_room ? events->timer_room * 2 : 16;
        struct timer **timers = realloc(events->timers, room * sizeof *timers);
        if (!timers)
            return -1;
        events->timers = timers;
        events->timer_room = room;
    }
    timer->events = events;
    timer->due = read_clock(CLOCK_MONOTONIC) + (seconds > 0 ? seconds : 0);
    heap_up(events, timer, ++events->timer_count);
    return 0;
}

void timer_stop(struct timer *timer)
{
    struct events *events = timer->events;
    size_t slot = timer->slot;
    if (!slot)
        return;
    timer->slot = 0;
    struct timer *last = events->timers[events->timer_count--];
    if (last == timer)
        return;
    if (slot > 1 && events->timers[slot / 2]->due > last->due)
        heap_up(events, last, slot);
    else
        heap_down(events, last, slot);
}

void events_fire(struct events *events)
{
    if (!events->timer_count)
        return;
    double now = read_clock(CLOCK_MONOTONIC);
    while (events->timer_count && events->timers[1]->due <= now) {
        struct timer *timer = events->timers[1];
        timer_stop(timer);
        timer->fired(timer);
    }
}

/* ---- watches ---- */

int watch_start(struct events *events, struct watch *watch, short wanted)
{
    watch->wanted = wanted;
    if (watch->events)
        return 0;
    if (events->watch_count == events->fds_room) {
        size_t room = events->fds_room ? events->fds_room * 2 : 8;
        struct pollfd *fds = realloc(events->fds, room * sizeof *fds);
        if (!fds)
            return -1;
        events->fds = fds;
        events->fds_room = room;
    }
    events->watch_count++;
    watch->events = events;
    watch->found = 0;
    watch->next = events->watches;
    watch->link = &events->watches;
    if (watch->next)
        watch->next->link = &watch->next;
    events->watches = watch;
    return 0;
}

void watch_stop(struct watch *watch)
{
    struct events *events = watch->events;
    if (!events)
        return;
    events->watch_count--;
    watch->events = NULL;
    if (events->next_watch == watch)
        events->next_watch = watch->next;
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
}

static void fill_fds(struct events *events)
{
    struct pollfd *fd = events->fds;
    for (struct watch *watch = events->watches; watch; watch = watch->next)
        *fd++ = (struct pollfd){.fd = watch->fd, .events = watch->wanted};
}

static void call_ready(struct events *events)
{
    const struct pollfd *fd = events->fds;
    for (struct watch *watch = events->watches; watch; watch = watch->next)
        watch->found = fd++->revents;
    for (struct watch *watch = events->watches; watch; watch = events->next_watch) {
        events->next_watch = watch->next;
        if (watch->found)
            watch->ready(watch);
    }
}

/* ---- the wait ---- */

bool events_pending(const struct events *events)
{
    return events->timer_count || events->watches;
}

/* The time until the first timer, or the limit if that is sooner; in milliseconds. */
static int patience(const struct events *events, int limit)
{
    if (limit == 0 || !events->timer_count)
        return limit;
    double left = (events->timers[1]->due - read_clock(CLOCK_MONOTONIC)) * 1000;
    int most = limit < 0 || limit > 3600000 ? 3600000 : limit;
    return left <= 0 ? 0 : left > most - 1 ? most : (int)left + ((int)left < left);
}

void events_poll(struct events *events, int timeout_ms)
{
    int timeout = patience(events, timeout_ms);
    fill_fds(events);
    if (poll(events->fds, events->watch_count, timeout) < 0)
        for (size_t i = 0; i < events->watch_count; i++)
            events->fds[i].revents = 0; /* a signal came first */
    call_ready(events);
    events_fire(events);
}
