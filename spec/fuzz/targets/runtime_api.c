/*
 * The connection to the Runtime API: whatever the other side sends and whenever it hangs up, an
 * exchange ends with an answer or an error. The other side is the far end of a socket pair, which
 * takes the place of the network (--wrap, in spec/hardened.mk).
 */
#include "runtime_api.h"

#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "nowhere.h"

static int far_end = -1;

int __wrap_socket(int domain, int type, int protocol)
{
    int ends[2];
    (void)domain, (void)protocol;
    HOLDS(socketpair(AF_UNIX, type, 0, ends) == 0);
    if (far_end >= 0)
        close(far_end);
    far_end = ends[1];
    return ends[0];
}

static void changed(void *user)
{
    ++*(int *)user;
}

/* The far end's next words: a piece of the input, or the end of the connection. */
static void speak(const uint8_t **data, size_t *size, uint32_t *seed)
{
    size_t piece = piece_size(seed, *size);
    if (piece && send(far_end, *data, piece, MSG_NOSIGNAL) == (ssize_t)piece) {
        *data += piece;
        *size -= piece;
        return;
    }
    shutdown(far_end, SHUT_WR);
}

static void exchange(struct events *events, struct api *api, const struct api_request *request,
                     const uint8_t **data, size_t *size, uint32_t *seed)
{
    HOLDS(api_start(api, request) == 0);
    if (request->streamed) {
        HOLDS(api_send(api, "a piece", 7) == 0);
        HOLDS(api_finish(api, "Trailer: x\r\n") == 0);
    }
    for (int turn = 0; !api_ended(api); turn++) {
        HOLDS(turn < 100000);
        if (far_end >= 0)
            speak(data, size, seed);
        events_poll(events, 0);
    }
    const char *body;
    const struct answer *answer = api_answer(api, &body);
    if (!api_error(api)) {
        char *copy = exact_copy(body + answer->body.start, answer->body.length);
        free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int changes = 0;
    uint32_t seed = take_byte(&data, &size);
    struct api_request get = {.method = "GET", .path = "/next", .headers = ""};
    struct api_request post = {.method = "POST", .path = "/response", .headers = "A: b\r\n"};
    if (seed & 1)
        post.streamed = true;
    else
        post.body = "{}", post.body_length = 2;
    struct events *events = events_new();
    struct api *api = api_new(events, "127.0.0.1:9001", changed, &changes);
    HOLDS(events && api);
    exchange(events, api, &get, &data, &size, &seed);
    exchange(events, api, &post, &data, &size, &seed);
    HOLDS(changes >= 2);
    api_free(api);
    events_free(events);
    if (far_end >= 0)
        close(far_end);
    far_end = -1;
    return 0;
}
