#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 128,
    HEADER_MEMORY = 256 * 1024, /* bytes a connection, for header fields and a piece of body */
    MOST_BODY = 1024 * 1024,    /* bytes that wait to be read; then the client has to */
    PIECE = 64 * 1024
};

struct buffer {
    char *data;
    size_t start, length, room; /* what is in it begins at `start` */
};

struct server {
    struct events *events;
    struct MHD_Daemon *daemon;
    struct watch watch; /* of libmicrohttpd's epoll descriptor */
    struct timer timer; /* when it wants to be run at the latest */
    unsigned port;
    void (*arrived)(void *user);
    void *user;
    struct request *arrivals,
        **arrivals_end;  /* that wait to be taken, linked by their next_arrival */
    struct request *all; /* whose exchange is under way */
};

/* It lives until its exchange is over and, where it was taken, it has been released. */
struct request {
    struct server *server;
    struct MHD_Connection *connection; /* NULL once the exchange is over */
    char *method, *target;
    bool arrived, taken, released;
    bool suspended, body_ended;
    struct buffer body, last_read;
    struct MHD_Response *answer;
    unsigned status;
    bool in_pieces, finished, broken;
    struct buffer output;
    void (*changed)(void *user);
    void *user;
    struct request *next_arrival;
    struct request *next, **link; /* among all */
};

/* ---- buffers ---- */

static int buffer_add(struct buffer *buffer, const char *data, size_t length)
{
    if (buffer->start && buffer->start + buffer->length + length > buffer->room) {
        memmove(buffer->data, buffer->data + buffer->start, buffer->length);
        buffer->start = 0;
    }
    size_t wanted = buffer->start + buffer->length + length;
    if (wanted > buffer->room) {
        size_t room = wanted > 2 * buffer->room ? wanted : 2 * buffer->room;
        char *grown = realloc(buffer->data, room);
        if (!grown)
            return -1;
        buffer->data = grown;
        buffer->room = room;
    }
    memcpy(buffer->data + buffer->start + buffer->length, data, length);
    buffer->length += length;
    return 0;
}

static size_t buffer_take(struct buffer *buffer, char *into, size_t most)
{
    size_t length = buffer->length < most ? buffer->length : most;
    memcpy(into, buffer->data + buffer->start, length);
    buffer->start += length;
    buffer->length -= length;
    if (!buffer->length)
        buffer->start = 0;
    return length;
}

static void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* ---- a request's life ---- */

static void request_free(struct request *request)
{
    if (request->answer)
        MHD_destroy_response(request->answer);
    buffer_free(&request->body);
    buffer_free(&request->last_read);
    buffer_free(&request->output);
    free(request->method);
    free(request->target);
    free(request);
}

static void tell(const struct request *request)
{
    if (request->changed)
        request->changed(request->user);
}

static void suspend(struct request *request)
{
    request->suspended = true;
    MHD_suspend_connection(request->connection);
}

/* A connection goes on when the daemon next runs; polled from outside, it does not ask for that. */
static void resume(struct request *request)
{
    struct server *server = request->server;
    if (!request->suspended)
        return;
    request->suspended = false;
    MHD_resume_connection(request->connection);
    timer_stop(&server->timer);
    /* Short of memory, it goes on with the next event. */
    (void)timer_start(server->events, &server->timer, 0);
}

static void link_request(struct server *server, struct request *request)
{
    request->next = server->all;
    request->link = &server->all;
    if (request->next)
        request->next->link = &request->next;
    server->all = request;
}

static void unlink_request(struct request *request)
{
    *request->link = request->next;
    if (request->next)
        request->next->link = request->link;
    request->link = NULL;
}

static void forget_arrival(struct server *server, const struct request *request)
{
    struct request **link = &server->arrivals;
    while (*link && *link != request)
        link = &(*link)->next_arrival;
    if (!*link)
        return;
    *link = request->next_arrival;
    if (!*link)
        server->arrivals_end = link;
}

/* ---- what libmicrohttpd calls ---- */

/* The first that is heard of a request: its target as it came. */
static void *on_target(void *user, const char *target, struct MHD_Connection *connection)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    *request = (struct request){.server = user, .connection = connection, .target = strdup(target)};
    link_request(user, request);
    return request;
}

static enum MHD_Result on_header(struct request *request, const char *method)
{
    struct server *server = request->server;
    request->arrived = true;
    request->method = strdup(method);
    if (!request->target || !request->method)
        return MHD_NO;
    *server->arrivals_end = request;
    server->arrivals_end = &request->next_arrival;
    server->arrived(server->user);
    return MHD_YES;
}

static enum MHD_Result on_body(struct request *request, const char *data, size_t *length)
{
    if (request->answer || request->released) {
        *length = 0; /* nobody reads it any more */
        return MHD_YES;
    }
    if (request->body.length >= MOST_BODY) {
        suspend(request);
        return MHD_YES;
    }
    if (buffer_add(&request->body, data, *length) != 0)
        return MHD_NO;
    *length = 0;
    tell(request);
    return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **own)
{
    struct request *request = *own;
    (void)user;
    (void)url;
    (void)version;
    if (!request || request->broken)
        return MHD_NO;
    if (!request->arrived)
        return on_header(request, method);
    if (*length)
        return on_body(request, data, length);
    if (!request->body_ended) {
        request->body_ended = true;
        tell(request);
    }
    if (request->answer)
        return MHD_queue_response(connection, request->status, request->answer);
    if (request->released)
        return MHD_NO;
    suspend(request);
    return MHD_YES;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **own,
                         enum MHD_RequestTerminationCode how)
{
    struct request *request = *own;
    (void)user;
    (void)connection;
    (void)how;
    if (!request)
        return;
    *own = NULL;
    request->connection = NULL;
    unlink_request(request);
    if (!request->taken)
        forget_arrival(request->server, request);
    tell(request);
    if (request->released || !request->taken)
        request_free(request);
}

/* Gives libmicrohttpd the next piece of an answer. */
static ssize_t on_output(void *own, uint64_t position, char *into, size_t most)
{
    struct request *request = own;
    (void)position;
    if (request->output.length) {
        size_t taken = buffer_take(&request->output, into, most);
        tell(request);
        return (ssize_t)taken;
    }
    if (request->broken)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (request->finished)
        return MHD_CONTENT_READER_END_OF_STREAM;
    suspend(request);
    return 0;
}

/* ---- the daemon among the events ---- */

static void run_daemon(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG milliseconds;
    MHD_run(server->daemon);
    timer_stop(&server->timer);
    /* Short of memory, it is run again at the next event of its own. */
    if (MHD_get_timeout(server->daemon, &milliseconds) == MHD_YES)
        (void)timer_start(server->events, &server->timer, (double)milliseconds / 1000);
}

static void on_ready(struct watch *watch)
{
    run_daemon((struct server *)((char *)watch - offsetof(struct server, watch)));
}

static void on_due(struct timer *timer)
{
    run_daemon((struct server *)((char *)timer - offsetof(struct server, timer)));
}

static int listen_at(const char *address, unsigned port, unsigned *bound)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof place;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    errno = EINVAL;
    if (inet_pton(AF_INET, address, &place.sin_addr) != 1 ||
        bind(fd, (struct sockaddr *)&place, sizeof place) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&place, &size) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *bound = ntohs(place.sin_port);
    return fd;
}

static struct MHD_Daemon *start_daemon(struct server *server, int fd)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
                            server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
                            on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MEMORY,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_END);
}

struct server *server_listen(struct events *events, const char *address, unsigned port,
                             void (*arrived)(void *user), void *user)
{
    int error = ENOMEM;
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    *server = (struct server){.events = events,
                              .arrived = arrived,
                              .user = user,
                              .watch.ready = on_ready,
                              .timer.fired = on_due};
    server->arrivals_end = &server->arrivals;
    int fd = listen_at(address, port, &server->port);
    if (fd < 0) {
        error = errno;
        goto failed;
    }
    server->daemon = start_daemon(server, fd);
    if (!server->daemon) {
        close(fd);
        goto failed;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    server->watch.fd = info ? info->epoll_fd : -1;
    if (server->watch.fd < 0 || watch_start(events, &server->watch, POLLIN) != 0)
        goto failed;
    return server;
failed:
    server_close(server);
    errno = error;
    return NULL;
}

unsigned server_port(const struct server *server)
{
    return server->port;
}

struct request *server_take(struct server *server)
{
    struct request *request = server->arrivals;
    if (!request)
        return NULL;
    server->arrivals = request->next_arrival;
    if (!server->arrivals)
        server->arrivals_end = &server->arrivals;
    request->taken = true;
    return request;
}

void server_close(struct server *server)
{
    if (!server)
        return;
    watch_stop(&server->watch);
    for (struct request *request = server->all; request; request = request->next) {
        request->broken = true;
        resume(request);
    }
    timer_stop(&server->timer);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    free(server);
}

/* ---- a request, to its taker ---- */

void request_listen(struct request *request, void (*changed)(void *user), void *user)
{
    request->changed = changed;
    request->user = user;
}

const char *request_method(const struct request *request)
{
    return request->method;
}

const char *request_target(const struct request *request)
{
    return request->target;
}

struct visit {
    void (*each)(void *user, const char *name, const char *value);
    void *user;
};

static enum MHD_Result on_field(void *own, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    const struct visit *visit = own;
    (void)kind;
    visit->each(visit->user, name, value ? value : "");
    return MHD_YES;
}

void request_fields(const struct request *request, bool trailers,
                    void (*each)(void *user, const char *name, const char *value), void *user)
{
    struct visit visit = {each, user};
    if (request->connection)
        MHD_get_connection_values(request->connection, trailers ? MHD_FOOTER_KIND : MHD_HEADER_KIND,
                                  on_field, &visit);
}

const char *request_read(struct request *request, size_t *length)
{
    buffer_free(&request->last_read);
    request->last_read = request->body;
    request->body = (struct buffer){0};
    if (!request->body_ended)
        resume(request); /* where it waited for its body to be read */
    *length = request->last_read.length;
    return request->last_read.data + request->last_read.start;
}

bool request_ended(const struct request *request)
{
    return request->body_ended;
}

bool request_gone(const struct request *request)
{
    return !request->connection;
}

static struct MHD_Response *make_answer(struct request *request, const char *body, size_t length)
{
    if (body)
        return MHD_create_response_from_buffer(length, (void *)(uintptr_t)body,
                                               MHD_RESPMEM_MUST_COPY);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, on_output, request, NULL);
}

int request_answer(struct request *request, unsigned status, const struct field *fields,
                   size_t count, const char *body, size_t length)
{
    if (!request->connection || request->answer)
        return 0;
    struct MHD_Response *answer = make_answer(request, body, length);
    if (!answer)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (MHD_add_response_header(answer, fields[i].name, fields[i].value) != MHD_YES) {
            MHD_destroy_response(answer);
            return -1;
        }
    }
    request->answer = answer;
    request->status = status;
    request->in_pieces = !body;
    resume(request);
    return 0;
}

int request_write(struct request *request, const char *data, size_t length)
{
    if (!request->connection || request->finished)
        return 0;
    if (buffer_add(&request->output, data, length) != 0)
        return -1;
    resume(request);
    return 0;
}

void request_finish(struct request *request, bool well)
{
    request->finished = true;
    request->broken = !well;
    if (request->connection)
        resume(request);
}

size_t request_backlog(const struct request *request)
{
    return request->output.length;
}

void request_release(struct request *request)
{
    if (!request)
        return;
    request->released = true;
    request->changed = NULL;
    if (!request->connection) {
        request_free(request);
        return;
    }
    if (!request->answer || (request->in_pieces && !request->finished))
        request->broken = true;
    resume(request);
}
