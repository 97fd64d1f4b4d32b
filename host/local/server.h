/*
 * An HTTP/1.1 server, libmicrohttpd's, among the events of the program: one thread, nothing blocks.
 * Requests are taken one by one; their bodies come, and their answers go, whole or in pieces.
 * Nothing here knows Lua.
 */
#ifndef LUALAMBDA_LOCAL_SERVER_H
#define LUALAMBDA_LOCAL_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "events.h"

struct server;
struct request;

/*
 * Listens at an IPv4 address; port 0 is a free one. `arrived` is called with `user` when there is a
 * request to take. NULL with errno set when it cannot. The caller ends it with server_close.
 */
struct server *server_listen(struct events *events, const char *address, unsigned port,
                             void (*arrived)(void *user), void *user);

/* The port that it listens at. */
unsigned server_port(const struct server *server);

/*
 * The next request whose header has come; NULL when there is none. The caller gives it back with
 * request_release, before or after server_close.
 */
struct request *server_take(struct server *server);

/* Ends it, and breaks off every connection. Takes NULL. */
void server_close(struct server *server);

/*
 * Says who hears of it when more of the body has come, when it has ended, when what was written has
 * been sent, and when the client is gone; NULL for nobody.
 */
void request_listen(struct request *request, void (*changed)(void *user), void *user);

/* The method, and the target as it came: path and query, still encoded. They live as long as it. */
const char *request_method(const struct request *request);
const char *request_target(const struct request *request);

/* Calls `each` for every header field, or every trailer's once the body has ended. */
void request_fields(const struct request *request, bool trailers,
                    void (*each)(void *user, const char *name, const char *value), void *user);

/* What has come of the body since it was last asked for; it is the caller's until the next call. */
const char *request_read(struct request *request, size_t *length);

/* Whether all of the body has come. */
bool request_ended(const struct request *request);

/* Whether the exchange is over, however it ended: its answer was sent, or its client went away. */
bool request_gone(const struct request *request);

/* A header field of an answer. */
struct field {
    const char *name, *value;
};

/*
 * Answers, once, with a whole body, which is copied; or, with `body` NULL, with what request_write
 * is given, up to request_finish. Returns 0, or -1 when memory is short or a field is no field.
 */
int request_answer(struct request *request, unsigned status, const struct field *fields,
                   size_t count, const char *body, size_t length);

/* Adds to an answer that goes in pieces. Returns 0, or -1 when memory is short. */
int request_write(struct request *request, const char *data, size_t length);

/* Ends an answer that goes in pieces: well, or by breaking the connection off. */
void request_finish(struct request *request, bool well);

/* How many bytes of what was written have not been taken by the connection. */
size_t request_backlog(const struct request *request);

/* Gives a request back; one without an answer is broken off. Takes NULL. */
void request_release(struct request *request);

#endif
