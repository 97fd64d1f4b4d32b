/*
 * The connection to the Runtime API: whatever the other side sends and whenever it hangs up, an
 * exchange ends with an answer or an error, and the connection is closed once. It is one in name
 * alone: what stands here takes the place of the system's calls (--wrap, in spec/hardened.mk),
 * which would be most of the time.
 */
#include "runtime_api.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "fuzz.h"
#include "nowhere.h"

enum { CONNECTION = 100000 }; /* no descriptor of this process */

static struct {
    bool open, slow;     /* slow: it takes a few bytes at a time, and none each second time */
    bool busy, ended;    /* ended: it will say no more */
    const uint8_t *said; /* and not received yet */
    size_t length;
    uint32_t seed;
} far_end;

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

int __wrap_socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    HOLDS(!far_end.open);
    far_end.open = true;
    far_end.ended = false;
    far_end.length = 0;
    return CONNECTION;
}

int __wrap_close(int fd)
{
    if (fd != CONNECTION)
        return __real_close(fd);
    HOLDS(far_end.open);
    far_end.open = false;
    return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    (void)level, (void)name, (void)value, (void)length;
    HOLDS(fd == CONNECTION && far_end.open);
    return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    HOLDS(timeout == 0 && count <= 1);
    if (!count)
        return 0;
    HOLDS(fds->fd == CONNECTION && far_end.open);
    short ready = far_end.length || far_end.ended ? POLLIN | POLLOUT : POLLOUT;
    fds->revents = fds->events & ready;
    return fds->revents != 0;
}

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    (void)flags;
    HOLDS(fd == CONNECTION && far_end.open && size > 0);
    if (!far_end.length && !far_end.ended) {
        errno = EAGAIN;
        return -1;
    }
    size_t got = far_end.length < size ? far_end.length : size;
    if (got)
        memcpy(buffer, far_end.said, got);
    far_end.said += got;
    far_end.length -= got;
    return (ssize_t)got;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    (void)flags;
    HOLDS(fd == CONNECTION && far_end.open);
    size_t length = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *part = &message->msg_iov[i];
        free(exact_copy(part->iov_base, part->iov_len));
        length += part->iov_len;
    }
    if (!far_end.slow)
        return (ssize_t)length;
    far_end.busy = !far_end.busy;
    if (!far_end.busy)
        return (ssize_t)piece_size(&far_end.seed, length);
    errno = EAGAIN;
    return -1;
}

static void changed(void *user)
{
    ++*(int *)user;
}

/* The far end's next words: a piece of the input, or the end of the connection. */
static void speak(const uint8_t **data, size_t *size)
{
    size_t piece = piece_size(&far_end.seed, *size);
    if (!far_end.length)
        far_end.said = *data;
    far_end.length += piece;
    far_end.ended = piece == 0;
    *data += piece;
    *size -= piece;
}

static void exchange(struct events *events, struct api *api, const struct api_request *request,
                     const uint8_t **data, size_t *size)
{
    HOLDS(api_start(api, request) == 0);
    if (request->streamed) {
        HOLDS(api_send(api, "a piece", 7) == 0);
        HOLDS(api_finish(api, "Trailer: x\r\n") == 0);
    }
    for (int turn = 0; !api_ended(api); turn++) {
        HOLDS(turn < 100000);
        speak(data, size);
        events_poll(events, 0);
    }
    const char *body;
    const struct answer *answer = api_answer(api, &body);
    if (!api_error(api))
        free(exact_copy(body + answer->body.start, answer->body.length));
}

/* A byte of choices, and all that the far end says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int changes = 0;
    uint8_t choice = take_byte(&data, &size);
    struct api_request get = {.method = "GET", .path = "/next", .headers = ""};
    struct api_request post = {.method = "POST", .path = "/response", .headers = "A: b\r\n"};
    if (choice & 1)
        post.streamed = true;
    else
        post.body = "{}", post.body_length = 2;
    memset(&far_end, 0, sizeof far_end);
    far_end.slow = choice & 2;
    far_end.seed = choice;
    struct events *events = events_new();
    struct api *api = api_new(events, "127.0.0.1:9001", changed, &changes);
    HOLDS(events && api);
    exchange(events, api, &get, &data, &size);
    exchange(events, api, &post, &data, &size);
    HOLDS(changes >= 2);
    api_free(api);
    events_free(events);
    HOLDS(!far_end.open);
    return 0;
}
