/*
 * A connection to the Lambda Runtime API: one exchange at a time over plain HTTP/1.1, kept open
 * between them. A request's body may be streamed. Nothing here knows Lua.
 *
 * libcurl could do it too, at three times the cost: of a warm invocation's time two exchanges with
 * the API are the most.
 */
#ifndef LUALAMBDA_RUNTIME_API_H
#define LUALAMBDA_RUNTIME_API_H

#include "answer.h"
#include "events.h"

struct api;

/* A request. All it points to must live until the exchange has ended. */
struct api_request {
    const char *method, *path;
    const char *headers; /* lines of the form "Name: value\r\n" */
    const char *body;    /* NULL for none */
    size_t body_length;
    bool streamed; /* the body is what api_send is given, up to api_finish */
};

/*
 * Makes a connection to "host:port", which is opened with the first exchange. `changed` is called
 * with `user` when an exchange has ended, and when a streamed one can take more. NULL when memory
 * is short.
 */
struct api *api_new(struct events *events, const char *address, void (*changed)(void *user),
                    void *user);

/* Closes a connection. Takes NULL. */
void api_free(struct api *api);

/* Starts an exchange, giving up one under way. Returns 0, or -1 when memory is short. */
int api_start(struct api *api, const struct api_request *request);

/* Sends a piece of a streamed body. Returns 0, or -1 when memory is short. */
int api_send(struct api *api, const char *data, size_t length);

/* Ends a streamed body; `trailers` as a request's headers. 0, or -1: no memory. */
int api_finish(struct api *api, const char *trailers);

/* Gives up the exchange under way, if there is one, and its connection. */
void api_abort(struct api *api);

/* Whether no exchange is under way. */
bool api_ended(const struct api *api);

/* Whether a streamed exchange has sent most of what it was given. */
bool api_hungry(const struct api *api);

/* Why the exchange that has ended has no answer; NULL when it has one. */
const char *api_error(const struct api *api);

/* The answer, and the buffer that it speaks of; both last until the next exchange starts. */
const struct answer *api_answer(const struct api *api, const char **data);

#endif
