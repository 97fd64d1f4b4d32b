/*
 * What the program waits for: points in time and descriptors; and its one wait for them all.
 * Nothing here knows Lua.
 */
#ifndef LUALAMBDA_EVENTS_H
#define LUALAMBDA_EVENTS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct events;

/* A point in time. */
struct timer {
    void (*fired)(struct timer *self); /* called once, when it is due */
    struct events *events;
    double due;  /* seconds of the monotonic clock */
    size_t slot; /* its place among the timers, counted from 1; 0 when it is none of them */
};

/* A descriptor to be read or written. */
struct watch {
    void (*ready)(struct watch *self); /* called as long as it is watched and can be used */
    struct events *events;             /* NULL when it is not watched */
    int fd;
    short wanted, found; /* POLLIN, POLLOUT; what poll said of it */
    struct watch *next, **link;
};

/* Makes a set of events with nothing in it. NULL when memory is short. */
struct events *events_new(void);

/* Ends a set. Takes NULL. */
void events_free(struct events *events);

/* Sets a timer to fire `seconds` from now. Returns 0, or -1 when memory is short. */
int timer_start(struct events *events, struct timer *timer, double seconds);

/* Takes a timer that is set out of the set again; one that is not stays as it is. */
void timer_stop(struct timer *timer);

/* Watches a descriptor for `wanted`, or changes what it is watched for. 0, or -1: no memory. */
int watch_start(struct events *events, struct watch *watch, short wanted);

/* Watches a descriptor no longer; takes one that is not watched. */
void watch_stop(struct watch *watch);

/* Whether something is under way that may happen. */
bool events_pending(const struct events *events);

/* Fires the timers that are due, without a look at anything else. */
void events_fire(struct events *events);

/*
 * Waits until something happens, at most `timeout_ms` (-1: no limit), and calls those it happened
 * to. A signal may end the wait early.
 */
void events_poll(struct events *events, int timeout_ms);

/* Seconds since 1970 UTC. */
double clock_now(void);

#endif
