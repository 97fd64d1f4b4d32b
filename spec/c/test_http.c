/*
 * Unit tests of http.c and multi.c: the other end is a server of the test's own, on the same
 * events, which answers when the test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http.h"

enum { PATIENCE = 30000 /* ms */, MANY = 100 };

static struct events *events;
static struct http *http;
static char url[64];

/* ---- the server ---- */

struct connection {
    struct watch watch; /* first: it is one of these */
    bool asked;         /* and not answered yet */
};

static struct watch listener;
static struct connection connections[MANY + 1];
static size_t connection_count, asked;
static bool answers_at_once;

static void answer(struct connection *connection)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    connection->asked = false;
    asked--;
    assert_int_equal(sizeof text - 1, send(connection->watch.fd, text, sizeof text - 1, 0));
}

static void answer_all(void)
{
    for (size_t i = 0; i < connection_count; i++)
        if (connections[i].asked)
            answer(&connections[i]);
}

/* A request is small, and so comes in one piece. */
static void on_request(struct watch *watch)
{
    struct connection *connection = (struct connection *)watch;
    char request[1024];
    if (recv(watch->fd, request, sizeof request, 0) <= 0) {
        watch_stop(watch);
        return;
    }
    connection->asked = true;
    asked++;
    if (answers_at_once)
        answer(connection);
}

static void on_connection(struct watch *watch)
{
    assert_true(connection_count < MANY + 1);
    struct connection *connection = &connections[connection_count++];
    *connection = (struct connection){
        .watch = {.ready = on_request, .fd = accept(watch->fd, NULL, NULL)},
    };
    assert_int_equal(0, watch_start(events, &connection->watch, POLLIN));
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    listener = (struct watch){.ready = on_connection, .fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (bind(listener.fd, (struct sockaddr *)&at, length) != 0 || listen(listener.fd, MANY) != 0 ||
        getsockname(listener.fd, (struct sockaddr *)&at, &length) != 0)
        return -1;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(at.sin_port));
    connection_count = asked = 0;
    answers_at_once = true;
    events = events_new();
    http = http_new(events);
    return http ? watch_start(events, &listener, POLLIN) : -1;
}

/* Leaves the events to the client alone. */
static void forget_server(void)
{
    watch_stop(&listener);
    for (size_t i = 0; i < connection_count; i++)
        watch_stop(&connections[i].watch);
}

static int tear_down(void **state)
{
    (void)state;
    forget_server();
    http_free(http);
    events_free(events);
    close(listener.fd);
    for (size_t i = 0; i < connection_count; i++)
        close(connections[i].watch.fd);
    return 0;
}

/* ---- the client ---- */

struct call {
    struct http_transfer *transfer;
    int ended;
    struct call *victim; /* another, which it frees */
};

static void on_finished(void *user)
{
    struct call *call = user;
    call->ended++;
    if (!call->victim)
        return;
    http_transfer_free(call->victim->transfer);
    call->victim->transfer = NULL;
}

static void start(struct call *call, long timeout_ms)
{
    struct http_request request = {
        .method = "GET", .url = url, .timeout_ms = timeout_ms, .max_body = 1000, .direct = true};
    *call = (struct call){.transfer = http_start(http, &request, on_finished, call)};
    assert_non_null(call->transfer);
}

static int ended(const struct call *calls, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += calls[i].ended;
    return sum;
}

static void poll_until_asked(size_t count)
{
    while (asked < count)
        events_poll(events, PATIENCE);
}

static void poll_until_ended(const struct call *calls, size_t count)
{
    while (ended(calls, count) < (int)count)
        events_poll(events, PATIENCE);
}

static void expect_hello(const struct call *call)
{
    assert_int_equal(HTTP_OK, http_outcome(call->transfer));
    const struct http_response *response = http_response(call->transfer);
    assert_int_equal(200, response->status);
    assert_int_equal(5, response->body_length);
    assert_memory_equal("hello", response->body, 5);
}

/* ---- the tests ---- */

static void the_events_are_pending_while_a_transfer_is_under_way(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) { /* over the kept connection */
        struct call call;
        start(&call, 0);
        poll_until_ended(&call, 1);
        expect_hello(&call);
        forget_server();
        assert_false(events_pending(events));
        http_transfer_free(call.transfer);

        watch_start(events, &listener, POLLIN);
        watch_start(events, &connections[0].watch, POLLIN);
    }
    assert_int_equal(1, connection_count);

    struct call call;
    start(&call, 0);
    forget_server();
    assert_true(events_pending(events));
    http_transfer_free(call.transfer);
    assert_false(events_pending(events));
}

static void many_can_be_answered_together(void **state)
{
    (void)state;
    struct call calls[MANY];
    answers_at_once = false;
    for (int i = 0; i < MANY; i++)
        start(&calls[i], 0);
    poll_until_asked(MANY);
    answer_all();
    poll_until_ended(calls, MANY);
    for (int i = 0; i < MANY; i++) {
        expect_hello(&calls[i]);
        http_transfer_free(calls[i].transfer);
    }
}

/* Whichever of two that are answered together is read first frees the other. */
static void a_transfer_s_end_may_free_another(void **state)
{
    (void)state;
    struct call calls[2];
    answers_at_once = false;
    start(&calls[0], 0);
    start(&calls[1], 0);
    calls[0].victim = &calls[1];
    calls[1].victim = &calls[0];
    poll_until_asked(2);
    answer_all();
    while (!ended(calls, 2))
        events_poll(events, PATIENCE);
    forget_server();
    assert_false(events_pending(events));
    assert_int_equal(1, ended(calls, 2));
    struct call *first = calls[0].ended ? &calls[0] : &calls[1];
    expect_hello(first);
    http_transfer_free(first->transfer);
}

static void a_time_limit_ends_a_transfer_that_hears_nothing(void **state)
{
    (void)state;
    struct call call;
    answers_at_once = false;
    start(&call, 50);
    poll_until_ended(&call, 1);
    assert_int_equal(HTTP_TIMEOUT, http_outcome(call.transfer));
    http_transfer_free(call.transfer);
}

static void one_that_cannot_be_sent_ends_with_a_poll(void **state)
{
    (void)state;
    struct call call;
    strcpy(url, "gopher://127.0.0.1/");
    start(&call, 0);
    assert_int_equal(0, call.ended);
    poll_until_ended(&call, 1);
    assert_int_equal(HTTP_PROTOCOL, http_outcome(call.transfer));
    http_transfer_free(call.transfer);
}

/* ---- a system that refuses ---- */

static bool refuses;

int epoll_ctl(int set, int change, int fd, struct epoll_event *event)
{
    if (!refuses)
        return (int)syscall(SYS_epoll_ctl, set, change, fd, event);
    errno = ENOMEM;
    return -1;
}

static void no_transfer_waits_for_a_socket_that_is_not_watched(void **state)
{
    (void)state;
    struct call calls[2];
    refuses = true;
    start(&calls[0], 0);
    start(&calls[1], 0);
    poll_until_ended(calls, 2);
    refuses = false;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(HTTP_MEMORY, http_outcome(calls[i].transfer));
        assert_true(*http_message(calls[i].transfer));
        http_transfer_free(calls[i].transfer);
    }

    start(&calls[0], 0);
    poll_until_ended(calls, 1);
    expect_hello(&calls[0]);
    http_transfer_free(calls[0].transfer);
}

static void there_is_no_client_without_descriptors(void **state)
{
    (void)state;
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    struct http *second = http_new(events);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_null(second);
    http_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_events_are_pending_while_a_transfer_is_under_way),
        TEST(many_can_be_answered_together),
        TEST(a_transfer_s_end_may_free_another),
        TEST(a_time_limit_ends_a_transfer_that_hears_nothing),
        TEST(one_that_cannot_be_sent_ends_with_a_poll),
        TEST(no_transfer_waits_for_a_socket_that_is_not_watched),
        TEST(there_is_no_client_without_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
