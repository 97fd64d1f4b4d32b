/*
 * Unit tests of runtime_api.c: the other end is a socket of the test's own, which sends what a
 * script says, piece by piece and in step with the events, so that each piece is read by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime_api.h"

enum { PATIENCE = 30000 /* ms */, ROOM = 1 << 23 };

static const char EMPTY[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
static const char SIZED[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Id: 7\r\n\r\nhello world";
static const char CHUNKED[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Id: 7\r\n\r\n"
                              "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Late: 1\r\n\r\n";
static const char CONTINUED[] = "HTTP/1.1 100 Continue\r\n\r\n"
                                "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Id: 7\r\n\r\n"
                                "hello world";
static const char NEXT[] = "GET /next HTTP/1.1\r\nHost: %s\r\nX-A: b\r\n\r\n";

static struct events *events;
static struct api *api;
static int listener, server = -1;
static char address[32];
static char got[ROOM]; /* what the server has received */
static size_t got_length;
static int changes;

static void on_changed(void *user)
{
    assert_ptr_equal(&changes, user);
    changes++;
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &length) != 0)
        return -1;
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(at.sin_port));
    events = events_new();
    api = api_new(events, address, on_changed, &changes);
    changes = 0;
    return api ? 0 : -1;
}

static void hang_up(void)
{
    if (server >= 0)
        close(server);
    server = -1;
}

static int tear_down(void **state)
{
    (void)state;
    api_free(api);
    events_free(events);
    hang_up();
    close(listener);
    return 0;
}

/* ---- the server ---- */

/* The client may have to find first that an old connection was closed, and dials only then. */
static void answer_call(void)
{
    static const int on = 1;
    while ((server = accept(listener, NULL, NULL)) < 0)
        events_poll(events, 10);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Receives until the request holds `end`; the client sends on meanwhile. */
static void receive_until(const char *end)
{
    got_length = 0;
    for (;;) {
        ssize_t count = recv(server, got + got_length, ROOM - got_length, MSG_DONTWAIT);
        if (count > 0)
            got_length += (size_t)count;
        if (got_length && memmem(got, got_length, end, strlen(end)))
            return;
        assert_int_not_equal(0, count);
        events_poll(events, 10);
    }
}

static void send_piece(const char *data, size_t length)
{
    assert_int_equal(length, send(server, data, length, MSG_NOSIGNAL));
    if (!api_ended(api))
        events_poll(events, PATIENCE);
}

static void poll_until_ended(void)
{
    while (!api_ended(api))
        events_poll(events, PATIENCE);
}

/* ---- the client ---- */

static void start(void)
{
    static const struct api_request request = {
        .method = "GET", .path = "/next", .headers = "X-A: b\r\n"};
    assert_int_equal(0, api_start(api, &request));
}

static void start_and_receive(void)
{
    start();
    if (server < 0)
        answer_call();
    receive_until("\r\n\r\n");
}

static void assert_answer(int status, const char *body)
{
    const char *data;
    assert_true(api_ended(api));
    assert_null(api_error(api));
    const struct answer *answer = api_answer(api, &data);
    assert_int_equal(status, answer->status);
    assert_int_equal(strlen(body), answer->body.length);
    assert_memory_equal(body, data + answer->body.start, answer->body.length);
}

static void assert_failed(const char *error)
{
    assert_true(api_ended(api));
    assert_string_equal(error, api_error(api));
}

/* The next exchange goes well, on a connection of its own or on the one there is. */
static void assert_goes_on(bool anew)
{
    if (anew)
        hang_up();
    start_and_receive();
    send_piece(EMPTY, strlen(EMPTY));
    poll_until_ended();
    assert_answer(202, "");
}

/* ---- tests ---- */

static void a_request_is_as_it_should_be(void **state)
{
    (void)state;
    char expected[128];
    start_and_receive();
    snprintf(expected, sizeof expected, NEXT, address);
    assert_int_equal(strlen(expected), got_length);
    assert_memory_equal(expected, got, got_length);
    assert_false(api_ended(api));
    assert_int_equal(0, changes);
    send_piece(SIZED, strlen(SIZED));
    assert_int_equal(1, changes);
    assert_answer(200, "hello world");
    const char *data;
    const struct answer *answer = api_answer(api, &data);
    assert_int_equal(2, answer->field_count);
    assert_memory_equal("X-Id: 7\r", data + answer->names[1].start, 8);
    assert_memory_equal("7\r", data + answer->values[1].start, 2);
    assert_goes_on(false); /* on the same connection */
}

static void an_answer_may_be_split_anywhere(void **state)
{
    (void)state;
    static const char *const answers[] = {SIZED, CHUNKED, CONTINUED};
    for (size_t i = 0; i < 3; i++) {
        const char *answer = answers[i];
        size_t length = strlen(answer);
        for (size_t split = 1; split < length; split++) {
            start_and_receive();
            send_piece(answer, split);
            assert_false(api_ended(api));
            send_piece(answer + split, length - split);
            assert_answer(200, "hello world");
        }
    }
}

static void an_answer_may_come_byte_by_byte(void **state)
{
    (void)state;
    static const char *const answers[] = {SIZED, CHUNKED, CONTINUED};
    for (size_t i = 0; i < 3; i++) {
        start_and_receive();
        for (const char *at = answers[i]; *at; at++) {
            assert_false(api_ended(api));
            send_piece(at, 1);
        }
        assert_answer(200, "hello world");
    }
}

static void an_answer_that_is_cut_is_an_error(void **state)
{
    (void)state;
    static const char *const answers[] = {SIZED, CHUNKED, CONTINUED};
    for (size_t i = 0; i < 3; i++) {
        const char *answer = answers[i];
        for (size_t cut = 0; cut < strlen(answer); cut++) {
            hang_up();
            api_free(api);
            api = api_new(events, address, on_changed, &changes);
            start_and_receive();
            if (cut)
                send_piece(answer, cut);
            hang_up();
            poll_until_ended();
            assert_failed(cut ? "its answer was cut short"
                              : "it closed the connection without an answer");
            if (cut % 16 == 0)
                assert_goes_on(true);
        }
    }
}

static void what_is_no_answer_is_an_error(void **state)
{
    (void)state;
    static const char *const nonsense[] = {
        "\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        hang_up();
        start_and_receive();
        send_piece(nonsense[i], strlen(nonsense[i]));
        poll_until_ended();
        assert_failed("its answer is no HTTP/1.1");
        assert_goes_on(true);
    }
}

static void a_head_without_end_is_an_error(void **state)
{
    (void)state;
    static char field[8192];
    memset(field, 'a', sizeof field);
    start_and_receive();
    send_piece("HTTP/1.1 200 OK\r\nX-A: ", 22);
    for (size_t sent = 0; !api_ended(api); sent += sizeof field) {
        assert_true(sent < 4 * ANSWER_LONGEST_HEAD);
        send_piece(field, sizeof field);
    }
    assert_failed("its answer is no HTTP/1.1");
    assert_goes_on(true);
}

static void a_kept_connection_that_was_closed_is_opened_anew(void **state)
{
    (void)state;
    assert_goes_on(true);
    hang_up();
    for (int i = 0; i < 3; i++) {
        start_and_receive(); /* it finds the old one closed, and dials again */
        send_piece(SIZED, strlen(SIZED));
        poll_until_ended();
        assert_answer(200, "hello world");
        hang_up();
    }
}

static void a_kept_connection_is_tried_anew_but_once(void **state)
{
    (void)state;
    assert_goes_on(true);
    hang_up();
    start_and_receive();
    hang_up();
    poll_until_ended();
    assert_string_equal("it closed the connection without an answer", api_error(api));
}

static void a_connection_that_is_not_to_be_kept_is_closed(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more that nobody asked for",
    };
    for (size_t i = 0; i < 3; i++) {
        hang_up();
        start_and_receive();
        send_piece(answers[i], strlen(answers[i]));
        poll_until_ended();
        assert_answer(200, "ok");
        char byte;
        assert_true(recv(server, &byte, 1, 0) <= 0);
    }
}

static void a_body_may_end_with_the_connection(void **state)
{
    (void)state;
    start_and_receive();
    send_piece("HTTP/1.1 200 OK\r\n\r\nall ", 23);
    send_piece("of it", 5);
    assert_false(api_ended(api));
    hang_up();
    poll_until_ended();
    assert_answer(200, "all of it");
}

static void nobody_at_the_other_end_is_an_error(void **state)
{
    (void)state;
    close(listener);
    start();
    poll_until_ended();
    assert_failed("Connection refused");
    listener = socket(AF_INET, SOCK_STREAM, 0);
}

static void an_address_without_a_port_that_is_one_is_an_error(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1:no-such-port", "127.0.0.1:-1"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        api_free(api);
        api = api_new(events, addresses[i], on_changed, &changes);
        start();
        assert_true(api_ended(api));
        assert_non_null(api_error(api));
        assert_int_equal(i + 1, changes);
    }
}

static void an_address_may_need_the_name_service(void **state)
{
    (void)state;
    char name[32]; /* which is the same as 127.0.0.1 to getaddrinfo alone */
    snprintf(name, sizeof name, "127.1%s", strchr(address, ':'));
    api_free(api);
    api = api_new(events, name, on_changed, &changes);
    start_and_receive();
    assert_non_null(memmem(got, got_length, name, strlen(name)));
}

/* ---- bodies that are sent ---- */

static char *large_body(size_t length)
{
    char *body = malloc(length + 1);
    assert_non_null(body);
    for (size_t i = 0; i < length; i++)
        body[i] = (char)('a' + i % 23);
    body[length - 1] = '.';
    body[length] = '\0';
    return body;
}

static void a_large_body_is_sent_whole_to_one_who_reads_slowly(void **state)
{
    (void)state;
    enum { LENGTH = 6 << 20 };
    char *body = large_body(LENGTH);
    struct api_request request = {
        .method = "POST", .path = "/r", .headers = "", .body = body, .body_length = LENGTH};
    assert_int_equal(0, api_start(api, &request));
    assert_false(api_hungry(api));
    answer_call();
    receive_until(".");
    receive_until("."); /* the first is in the head */
    assert_true(api_hungry(api));
    assert_memory_equal(body + LENGTH - 100, got + got_length - 100, 100);
    send_piece(EMPTY, strlen(EMPTY));
    assert_answer(202, "");
    free(body);
}

static void an_answer_before_the_request_s_end_is_taken(void **state)
{
    (void)state;
    enum { LENGTH = 6 << 20 };
    char *body = large_body(LENGTH);
    struct api_request request = {
        .method = "POST", .path = "/r", .headers = "", .body = body, .body_length = LENGTH};
    static const char too_large[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(0, api_start(api, &request));
    answer_call();
    events_poll(events, 10);
    send_piece(too_large, strlen(too_large));
    poll_until_ended();
    assert_answer(413, "");
    hang_up();
    assert_goes_on(true);
    free(body);
}

static void a_streamed_body_goes_in_chunks(void **state)
{
    (void)state;
    struct api_request request = {
        .method = "POST", .path = "/r", .headers = "Trailer: E\r\n", .streamed = true};
    assert_int_equal(0, api_start(api, &request));
    assert_int_equal(0, api_send(api, "hello", 5));
    assert_int_equal(0, api_send(api, "", 0)); /* no last chunk */
    answer_call();
    receive_until("hello\r\n");
    static const char head_and_piece[] = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    assert_non_null(memmem(got, got_length, head_and_piece, strlen(head_and_piece)));
    assert_int_equal(0, api_send(api, " world, and more", 16));
    assert_int_equal(0, api_finish(api, "E: none\r\n"));
    assert_int_equal(0, api_finish(api, "")); /* it is at its end */
    assert_int_equal(0, api_send(api, "late", 4));
    receive_until("none\r\n\r\n");
    static const char rest[] = "10\r\n world, and more\r\n0\r\nE: none\r\n\r\n";
    assert_int_equal(strlen(rest), got_length);
    assert_memory_equal(rest, got, got_length);
    send_piece(EMPTY, strlen(EMPTY));
    assert_answer(202, "");
}

static void a_streamed_body_waits_for_who_does_not_read(void **state)
{
    (void)state;
    static char piece[65536];
    struct api_request request = {.method = "POST", .path = "/r", .headers = "", .streamed = true};
    size_t sent = 0;
    memset(piece, 'x', sizeof piece);
    assert_int_equal(0, api_start(api, &request));
    answer_call();
    while (api_hungry(api)) {
        assert_int_equal(0, api_send(api, piece, sizeof piece));
        events_poll(events, 0);
        sent += sizeof piece;
        assert_true(sent < 256u << 20);
    }
    assert_int_equal(0, changes);
    while (!changes) { /* it becomes hungry again as the other end reads */
        assert_true(recv(server, got, ROOM, 0) > 0);
        events_poll(events, 10);
    }
    assert_true(api_hungry(api));
    api_finish(api, "");
    receive_until("\r\n0\r\n\r\n");
    send_piece(EMPTY, strlen(EMPTY));
    poll_until_ended();
    assert_answer(202, "");
}

/* ---- giving up ---- */

static void an_exchange_can_be_given_up(void **state)
{
    (void)state;
    start_and_receive();
    send_piece(SIZED, 20);
    api_abort(api);
    assert_failed("given up");
    assert_int_equal(0, changes);
    api_abort(api); /* nothing is under way */
    assert_goes_on(true);
}

static void a_new_exchange_gives_up_the_one_before(void **state)
{
    (void)state;
    start_and_receive();
    send_piece(SIZED, 20);
    assert_goes_on(true);
}

static void a_connection_can_be_closed_at_any_moment(void **state)
{
    (void)state;
    for (size_t sent = 0; sent < 3; sent++) {
        hang_up();
        start_and_receive();
        if (sent)
            send_piece(SIZED, 20 * sent);
        api_free(api);
        assert_false(events_pending(events));
        api = api_new(events, address, on_changed, &changes);
    }
    api_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_as_it_should_be),
        TEST(an_answer_may_be_split_anywhere),
        TEST(an_answer_may_come_byte_by_byte),
        TEST(an_answer_that_is_cut_is_an_error),
        TEST(what_is_no_answer_is_an_error),
        TEST(a_head_without_end_is_an_error),
        TEST(a_kept_connection_that_was_closed_is_opened_anew),
        TEST(a_kept_connection_is_tried_anew_but_once),
        TEST(a_connection_that_is_not_to_be_kept_is_closed),
        TEST(a_body_may_end_with_the_connection),
        TEST(nobody_at_the_other_end_is_an_error),
        TEST(an_address_without_a_port_that_is_one_is_an_error),
        TEST(an_address_may_need_the_name_service),
        TEST(a_large_body_is_sent_whole_to_one_who_reads_slowly),
        TEST(an_answer_before_the_request_s_end_is_taken),
        TEST(a_streamed_body_goes_in_chunks),
        TEST(a_streamed_body_waits_for_who_does_not_read),
        TEST(an_exchange_can_be_given_up),
        TEST(a_new_exchange_gives_up_the_one_before),
        TEST(a_connection_can_be_closed_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
