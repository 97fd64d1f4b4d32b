#include "runtime_api.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "scalar.h"

/* Bytes. Lambda's own limit of an event is a tenth of MOST_BODY; a buffer above KEPT is let go. */
static const size_t MOST_BODY = 64u << 20, FIRST_ROOM = 16384, KEPT = 1u << 20;
static const size_t HUNGRY_BELOW = 65536;

struct buffer {
    char *data;
    size_t length, room;
};

struct api {
    struct watch watch; /* its fd is the connection, or -1 */
    struct events *events;
    char *host, *port, *address;
    void (*changed)(void *user);
    void *user;
    struct buffer out; /* the request's head, and the pieces of a streamed body */
    const char *body;
    size_t body_length, sent; /* the latter of both, out first */
    struct buffer in;
    struct answer answer;
    bool under_way, streaming; /* streaming: more of the body may come */
    bool reused;               /* the connection has carried an exchange before */
    int broken;                /* why it takes nothing more, as errno; an answer may have come */
    char error[128];
};

static void on_ready(struct watch *watch);

/* ---- buffers ---- */

static int reserve(struct buffer *buffer, size_t more)
{
    size_t needed = buffer->length + more;
    size_t room = buffer->room ? buffer->room : FIRST_ROOM;
    while (room < needed)
        room *= 2;
    if (room == buffer->room)
        return 0;
    char *data = realloc(buffer->data, room);
    if (!data)
        return -1;
    buffer->data = data;
    buffer->room = room;
    return 0;
}

static void append(struct buffer *buffer, const char *data, size_t length)
{
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

static void append_text(struct buffer *buffer, const char *text)
{
    append(buffer, text, strlen(text));
}

static void clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->room <= KEPT)
        return;
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* ---- the connection ---- */

/* "host:port", where an IPv6 host stands in brackets. */
static int split_address(struct api *api, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *end = colon ? colon : address + strlen(address);
    if (*address == '[' && end > address && end[-1] == ']')
        api->host = strndup(address + 1, (size_t)(end - address) - 2);
    else
        api->host = strndup(address, (size_t)(end - address));
    api->port = strdup(colon ? colon + 1 : "80");
    api->address = strdup(address);
    return api->host && api->port && api->address ? 0 : -1;
}

struct api *api_new(struct events *events, const char *address, void (*changed)(void *user),
                    void *user)
{
    struct api *api = calloc(1, sizeof *api);
    if (!api)
        return NULL;
    api->watch = (struct watch){.ready = on_ready, .fd = -1};
    api->events = events;
    api->changed = changed;
    api->user = user;
    if (split_address(api, address) != 0) {
        api_free(api);
        return NULL;
    }
    return api;
}

static void disconnect(struct api *api)
{
    watch_stop(&api->watch);
    if (api->watch.fd >= 0)
        close(api->watch.fd);
    api->watch.fd = -1;
}

void api_abort(struct api *api)
{
    if (!api->under_way)
        return;
    api->under_way = false;
    snprintf(api->error, sizeof api->error, "given up");
    disconnect(api);
}

void api_free(struct api *api)
{
    if (!api)
        return;
    disconnect(api);
    free(api->host);
    free(api->port);
    free(api->address);
    free(api->out.data);
    free(api->in.data);
    free(api);
}

/* Returns the descriptor, or -1 with the error noted. */
static int dial(struct api *api, const struct sockaddr *to, socklen_t size)
{
    static const int on = 1;
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(fd, to, size) == 0 || errno == EINPROGRESS)
            return fd;
    }
    snprintf(api->error, sizeof api->error, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int dial_name(struct api *api)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int code = getaddrinfo(api->host, api->port, &hints, &found);
    if (code != 0) {
        snprintf(api->error, sizeof api->error, "%s", gai_strerror(code));
        return -1;
    }
    int fd = dial(api, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd;
}

/* Lambda's address is numbers, and a start is spared the name service. */
static bool read_numbers(const struct api *api, struct sockaddr_in *to)
{
    double port;
    *to = (struct sockaddr_in){.sin_family = AF_INET};
    if (!scalar_integer(api->port, strlen(api->port), &port) || port < 0 || port > UINT16_MAX)
        return false;
    to->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, api->host, &to->sin_addr) == 1;
}

/* Opens the connection where it is not open. Returns 0, or -1 with the error noted. */
static int ensure_connection(struct api *api)
{
    api->reused = api->watch.fd >= 0;
    if (api->reused)
        return 0;
    struct sockaddr_in numbers;
    if (read_numbers(api, &numbers))
        api->watch.fd = dial(api, (const struct sockaddr *)&numbers, sizeof numbers);
    else
        api->watch.fd = dial_name(api);
    return api->watch.fd < 0 ? -1 : 0;
}

/* ---- an exchange ---- */

static size_t unsent(const struct api *api)
{
    return api->out.length + api->body_length - api->sent;
}

static void end(struct api *api)
{
    api->under_way = api->streaming = false;
    if (*api->error || !api->answer.reusable || unsent(api) || api->answer.at != api->in.length)
        disconnect(api);
    else
        watch_stop(&api->watch);
    api->changed(api->user);
}

static void fail(struct api *api, const char *error)
{
    snprintf(api->error, sizeof api->error, "%s", error);
    end(api);
}

/* Sends what it can. Returns -1 where the connection takes no more, with errno set. */
static int flush(struct api *api)
{
    while (unsent(api)) {
        size_t head = api->sent < api->out.length ? api->out.length - api->sent : 0;
        size_t of_body = head ? 0 : api->sent - api->out.length;
        struct iovec parts[2] = {{api->out.data + api->out.length - head, head}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};
        if (api->body_length) {
            parts[1] = (struct iovec){(char *)api->body + of_body, api->body_length - of_body};
            message.msg_iovlen = 2;
        }
        ssize_t sent = sendmsg(api->watch.fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN ? 0 : -1;
        api->sent += (size_t)sent;
    }
    if (api->streaming) {
        clear(&api->out);
        api->sent = 0;
    }
    return 0;
}

static bool wait_on(struct api *api)
{
    short wanted = (short)(POLLIN | (unsent(api) && !api->broken ? POLLOUT : 0));
    if (watch_start(api->events, &api->watch, wanted) == 0)
        return true;
    fail(api, "out of memory");
    return false;
}

/* The server may close a kept connection at any moment: then the exchange starts anew, once. */
static bool again(struct api *api)
{
    if (!api->reused || api->in.length || api->streaming)
        return false;
    disconnect(api);
    api->sent = 0;
    api->broken = 0;
    if (ensure_connection(api) != 0 || flush(api) != 0)
        return false;
    return wait_on(api);
}

/* A connection that was refused tells so to the first who sends, and to him alone. */
static const char *without_answer(const struct api *api)
{
    bool closed = !api->broken || api->broken == EPIPE;
    return closed ? "it closed the connection without an answer" : strerror(api->broken);
}

/* Reads what has come, and moves the exchange on. */
static void receive(struct api *api)
{
    if (reserve(&api->in, FIRST_ROOM / 2) != 0) {
        fail(api, "out of memory");
        return;
    }
    ssize_t got =
        recv(api->watch.fd, api->in.data + api->in.length, api->in.room - api->in.length, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 && again(api))
        return;
    if (got < 0) {
        fail(api, strerror(errno));
        return;
    }
    api->in.length += (size_t)got;
    switch (answer_read(&api->answer, api->in.data, api->in.length, got == 0, MOST_BODY)) {
    case ANSWER_WHOLE:
        end(api);
        break;
    case ANSWER_BAD:
        fail(api, api->in.length == 0 ? without_answer(api)
                  : got == 0          ? "its answer was cut short"
                                      : "its answer is no HTTP/1.1");
        break;
    case ANSWER_MORE:
        break;
    }
}

/* Sends what is to be sent, and waits for the rest to happen; false where it cannot. */
static bool proceed(struct api *api)
{
    if (!api->broken && flush(api) != 0)
        api->broken = errno;
    return wait_on(api);
}

static void on_ready(struct watch *watch)
{
    struct api *api = (struct api *)watch;
    bool full = api->streaming && !api_hungry(api);
    if (watch->found & (POLLIN | POLLHUP | POLLERR))
        receive(api);
    if (!api->under_way || !watch->events)
        return;
    if (proceed(api) && full && api_hungry(api))
        api->changed(api->user);
}

/* There is room for it. */
static void append_head(struct api *api, const struct api_request *request)
{
    char length[48] = "";
    if (request->streamed)
        snprintf(length, sizeof length, "Transfer-Encoding: chunked\r\n");
    else if (request->body)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", request->body_length);
    const char *const parts[] = {request->method,       " ",          request->path,
                                 " HTTP/1.1\r\nHost: ", api->address, "\r\n",
                                 request->headers,      length,       "\r\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        append_text(&api->out, parts[i]);
}

int api_start(struct api *api, const struct api_request *request)
{
    size_t most = strlen(request->method) + strlen(request->path) + strlen(api->address) +
                  strlen(request->headers) + 128;
    api_abort(api);
    clear(&api->out);
    clear(&api->in);
    if (reserve(&api->out, most) != 0)
        return -1;

    append_head(api, request);
    api->body = request->body;
    api->body_length = request->body ? request->body_length : 0;
    api->sent = 0;
    api->answer = (struct answer){0};
    api->broken = 0;
    api->streaming = request->streamed;
    api->error[0] = '\0';
    api->under_way = true;
    if (ensure_connection(api) != 0)
        end(api);
    else
        proceed(api);
    return 0;
}

int api_send(struct api *api, const char *data, size_t length)
{
    char size[24];
    if (!api->streaming || api->broken || length == 0) /* an empty chunk would be the last */
        return 0;
    if (reserve(&api->out, length + sizeof size + 2) != 0)
        return -1;
    append(&api->out, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", length));
    append(&api->out, data, length);
    append(&api->out, "\r\n", 2);
    proceed(api);
    return 0;
}

int api_finish(struct api *api, const char *trailers)
{
    size_t length = strlen(trailers);
    if (!api->streaming)
        return 0;
    if (reserve(&api->out, length + 5) != 0)
        return -1;
    append(&api->out, "0\r\n", 3);
    append(&api->out, trailers, length);
    append(&api->out, "\r\n", 2);
    api->streaming = false;
    proceed(api);
    return 0;
}

/* ---- what came of it ---- */

bool api_ended(const struct api *api)
{
    return !api->under_way;
}

bool api_hungry(const struct api *api)
{
    return unsent(api) < HUNGRY_BELOW;
}

const char *api_error(const struct api *api)
{
    return *api->error ? api->error : NULL;
}

const struct answer *api_answer(const struct api *api, const char **data)
{
    *data = api->in.data;
    return &api->answer;
}
