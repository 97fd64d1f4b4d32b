/*
 * libcurl's multi handle on the program's events: transfers that move on when one of their sockets
 * or their time has come. What a wait costs depends on what happens, not on how many are under way.
 */
#ifndef LUALAMBDA_MULTI_H
#define LUALAMBDA_MULTI_H

#include <curl/curl.h>

#include "events.h"

struct multi;

/* A transfer; part of the caller's own. */
struct multi_transfer {
    CURL *easy; /* whose CURLOPT_PRIVATE is taken */
    /* Called once, from events_poll, when it has ended and is under way no more. */
    void (*ended)(struct multi_transfer *self, CURLcode code);
    struct multi *multi; /* NULL when it is not under way */
    struct multi_transfer *next, **link;
};

/* Makes a handle without transfers. NULL when memory or descriptors are short. */
struct multi *multi_new(struct events *events);

/* Ends a handle, before its events; its transfers must have been stopped. Takes NULL. */
void multi_free(struct multi *multi);

/* Starts a transfer with its `easy` and `ended`. Returns 0, or -1 when memory is short. */
int multi_start(struct multi *multi, struct multi_transfer *transfer);

/* Stops a transfer; one that is not under way stays as it is. */
void multi_stop(struct multi_transfer *transfer);

#endif
