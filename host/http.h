/*
 * HTTP exchanges on one libcurl multi handle: many at once, connections kept and shared.
 *
 * Nothing here knows Lua or AWS. Redirects are not followed; compression is not asked for.
 */
#ifndef LUALAMBDA_HTTP_H
#define LUALAMBDA_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "events.h"
#include "sink.h"

struct http;
struct http_transfer;

/* Which roots a server's certificate is verified against. */
enum http_trust {
    HTTP_TRUST_SYSTEM, /* the machine's bundle */
    HTTP_TRUST_AMAZON, /* the Amazon and Starfield roots in the program, which load 16 times faster
                        */
};

/* How a transfer went. */
enum http_outcome {
    HTTP_OK,
    HTTP_RESOLVE,   /* no address for the name */
    HTTP_CONNECT,   /* refused, unreachable, or the connection broke */
    HTTP_TLS,       /* no handshake, or the certificate does not verify */
    HTTP_TIMEOUT,   /* a time limit of the request */
    HTTP_TOO_LARGE, /* more body than max_body */
    HTTP_SINK,      /* the sink refused the body */
    HTTP_PROTOCOL,  /* not HTTP, cut short, or a request that cannot be sent */
    HTTP_MEMORY,
};

/* A request. All it points to must live until the transfer is freed. */
struct http_request {
    const char *method;
    const char *url;
    const char *const *headers; /* "Name: value" lines */
    size_t header_count;
    const char *body; /* NULL for none */
    size_t body_length;
    long timeout_ms;         /* for the whole exchange; 0 for none */
    long connect_timeout_ms; /* 0 for libcurl's */
    enum http_trust trust;
    const char *ca_file; /* PEM roots in place of the system's, or NULL */
    bool direct;         /* pass by any proxy that the environment names */
    bool fresh;          /* use no kept connection */
    size_t max_body;     /* bytes */
    struct sink *sink;   /* takes the body of a 2xx answer, or NULL to collect it */
};

/* A header of an answer: the name in lower case, repeated names joined with ", ". */
struct http_header {
    char *name;
    char *value;
};

/* An answer; owned by its transfer. */
struct http_response {
    long status;
    struct http_header *headers;
    size_t header_count;
    char *body; /* not terminated */
    size_t body_length;
};

/* Makes a client on these events. NULL when memory or descriptors are short. */
struct http *http_new(struct events *events);

/* Ends a client, before its events; its transfers must have been freed. Takes NULL. */
void http_free(struct http *http);

/*
 * Starts a transfer. `finished` is called once with `user` from events_poll when it has ended,
 * unless it is freed before. NULL when it cannot be started for lack of memory.
 */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 void (*finished)(void *user), void *user);

/* Ends a transfer, under way or not, and frees its answer. Takes NULL. */
void http_transfer_free(struct http_transfer *transfer);

/* The outcome of an ended transfer. */
enum http_outcome http_outcome(const struct http_transfer *transfer);

/* One line about an outcome that is not HTTP_OK; owned by the transfer. */
const char *http_message(const struct http_transfer *transfer);

/* The answer of an ended transfer whose outcome is HTTP_OK; owned by the transfer. */
const struct http_response *http_response(const struct http_transfer *transfer);

#endif
