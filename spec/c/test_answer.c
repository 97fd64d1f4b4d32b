/* Unit tests of answer.c: every input ends at a page that cannot be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "guard.h"

enum { ROOM = 1 << 18, MOST = 1 << 16 };

static char *guard; /* the page that must not be touched */

static int set_up(void **state)
{
    (void)state;
    guard = map_guard(ROOM);
    return 0;
}

/* Puts a text before the guard page. */
static char *place(const char *text, size_t length)
{
    return memcpy(guard - length, text, length);
}

static enum answer_state read_all(struct answer *answer, char **data, const char *text,
                                  size_t length, bool closed)
{
    *answer = (struct answer){0};
    *data = place(text, length);
    return answer_read(answer, *data, length, closed, MOST);
}

/* As the bytes come one by one: each time in a buffer of just that length, at the guard page. */
static enum answer_state read_slowly(struct answer *answer, char **data, const char *text,
                                     size_t length, bool closed)
{
    static char sofar[ROOM];
    enum answer_state state = ANSWER_MORE;
    *answer = (struct answer){0};
    *data = guard;
    for (size_t have = 0; have <= length && state == ANSWER_MORE; have++) {
        if (have)
            sofar[have - 1] = text[have - 1];
        *data = place(sofar, have);
        state = answer_read(answer, *data, have, closed && have == length, MOST);
        memcpy(sofar, *data, have); /* chunks' marks were squeezed out in place */
    }
    return state;
}

static void expect_body(const char *text, size_t length, bool closed, const char *body)
{
    struct answer answer;
    char *data;
    assert_int_equal(ANSWER_WHOLE, read_all(&answer, &data, text, length, closed));
    assert_int_equal(strlen(body), answer.body.length);
    assert_memory_equal(body, data + answer.body.start, answer.body.length);
    assert_int_equal(length, answer.at);

    assert_int_equal(ANSWER_WHOLE, read_slowly(&answer, &data, text, length, closed));
    assert_int_equal(strlen(body), answer.body.length);
    assert_memory_equal(body, data + answer.body.start, answer.body.length);
}

#define EXPECT_BODY(text, closed, body) expect_body(text, sizeof(text) - 1, closed, body)

static void takes_every_framing(void **state)
{
    (void)state;
    EXPECT_BODY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, "hello");
    EXPECT_BODY("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", false, "");
    EXPECT_BODY("HTTP/1.1 200\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", false, "x");
    EXPECT_BODY("HTTP/1.1 204 No Content\r\n\r\n", false, "");
    EXPECT_BODY("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, "");
    EXPECT_BODY("HTTP/1.0 200 OK\r\n\r\nto the end", true, "to the end");
    EXPECT_BODY("HTTP/1.1 200 OK\r\n\r\n", true, "");
    EXPECT_BODY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n0A;name=\"v\"\r\n0123456789\r\n1 \r\nz\r\n000\r\n\r\n",
                false, "abc0123456789z");
    EXPECT_BODY("HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n",
                false, "");
    EXPECT_BODY("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                false, "ok");
}

static void expect_slice(const char *text, struct answer_slice slice, const char *data)
{
    assert_int_equal(strlen(text), slice.length);
    assert_memory_equal(text, data + slice.start, slice.length);
}

static void expect_field(const char *name, const char *value, const char *line)
{
    char text[256];
    struct answer answer;
    char *data;
    int length =
        snprintf(text, sizeof text, "HTTP/1.1 202 \r\n%s\r\nContent-Length: 0\r\n\r\n", line);
    assert_int_equal(ANSWER_WHOLE, read_all(&answer, &data, text, (size_t)length, false));
    assert_int_equal(2, answer.field_count);
    expect_slice(name, answer.names[0], data);
    expect_slice(value, answer.values[0], data);
    expect_slice("Content-Length", answer.names[1], data);
    expect_slice("0", answer.values[1], data);
    assert_int_equal(202, answer.status);
}

static void takes_fields_apart(void **state)
{
    (void)state;
    expect_field("X-Name", "value", "X-Name: value");
    expect_field("x-name", "value", "x-name:value");
    expect_field("X-NAME", "two words", "X-NAME: \t two words \t ");
    expect_field("X-Name", "", "X-Name:");
    expect_field("X-Name", "a: b", "X-Name: a: b");
    expect_field("X-Name", "\xc3\xa9", "X-Name: \xc3\xa9");
}

static void expect_bad(const char *text, size_t length, bool closed)
{
    struct answer answer;
    char *data;
    assert_int_equal(ANSWER_BAD, read_all(&answer, &data, text, length, closed));
    assert_int_equal(ANSWER_BAD, read_slowly(&answer, &data, text, length, closed));
}

#define EXPECT_BAD(text) expect_bad(text, sizeof(text) - 1, false)
#define EXPECT_CUT(text) expect_bad(text, sizeof(text) - 1, true)

static void refuses_what_is_no_answer(void **state)
{
    (void)state;
    EXPECT_BAD("GET / HTTP/1.1\r\n\r\n");
    EXPECT_BAD("HTTP/2.0 200 OK\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 20 OK\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 2000 OK\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 000 OK\r\n\r\n");
    EXPECT_BAD("HTTP/1.1  200 OK\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 101 Switching\r\n\r\n");
    EXPECT_BAD("\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\n: no name\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nName : value\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nA: b\nc\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n");
    EXPECT_BAD("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n");
}

static void refuses_what_is_cut(void **state)
{
    (void)state;
    EXPECT_CUT("");
    EXPECT_CUT("HTTP/1.1 200 OK\r\nContent-Le");
    EXPECT_CUT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
    EXPECT_CUT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    EXPECT_CUT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n");
    EXPECT_CUT("HTTP/1.1 100 Continue\r\n\r\n");
}

static void bounds_what_it_takes(void **state)
{
    static char text[ROOM];
    struct answer answer;
    char *data;
    (void)state;

    memset(text, 'x', sizeof text);
    memcpy(text, "HTTP/1.1 200 OK\r\nA: ", 20);
    assert_int_equal(ANSWER_BAD, read_all(&answer, &data, text, ANSWER_LONGEST_HEAD + 1, false));

    size_t length = (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i <= ANSWER_MOST_FIELDS; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "A: b\r\n");
    length += (size_t)snprintf(text + length, sizeof text - length, "\r\n");
    assert_int_equal(ANSWER_BAD, read_all(&answer, &data, text, length, false));

    memset(text, 'x', sizeof text);
    memcpy(text, "HTTP/1.1 200 OK\r\n\r\n", 19);
    assert_int_equal(ANSWER_BAD, read_all(&answer, &data, text, MOST + 20, true));
    assert_int_equal(ANSWER_WHOLE, read_all(&answer, &data, text, MOST + 19, true));
}

static void says_whether_the_connection_can_be_kept(void **state)
{
    static const struct {
        const char *text;
        bool closed, reusable;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", false, true},
        {"HTTP/1.1 200 OK\r\n\r\n", true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        char *data;
        assert_int_equal(ANSWER_WHOLE, read_all(&answer, &data, cases[i].text,
                                                strlen(cases[i].text), cases[i].closed));
        assert_int_equal(cases[i].reusable, answer.reusable);
    }
}

static void leaves_what_follows(void **state)
{
    static const char two[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1";
    struct answer answer;
    char *data;
    (void)state;
    assert_int_equal(ANSWER_WHOLE, read_all(&answer, &data, two, sizeof two - 1, false));
    assert_int_equal(sizeof two - 1 - strlen("HTTP/1.1"), answer.at);
}

/* Answers with a byte or two changed: whatever comes of them, nothing outside the buffer is read.
 */
static void survives_changes(void **state)
{
    static const char *const seeds[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: "
        "r\r\n\r\n",
        "HTTP/1.1 100 C\r\n\r\nHTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nrest",
    };
    static const char bytes[] = "\r\n\0 :;0159afAF-HTTP/\xff";
    (void)state;
    srand(1);
    for (int round = 0; round < 60000; round++) {
        char text[128];
        struct answer answer;
        char *data;
        size_t length = strlen(seeds[round % 3]);
        memcpy(text, seeds[round % 3], length);
        for (int change = 0; change <= round % 2; change++)
            text[(size_t)rand() % length] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        length -= (size_t)rand() % 4;
        if (read_all(&answer, &data, text, length, rand() % 2) == ANSWER_WHOLE) {
            assert_true(answer.at <= length);
            assert_true(answer.body.start + answer.body.length <= length);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_framing),
        cmocka_unit_test(takes_fields_apart),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(refuses_what_is_cut),
        cmocka_unit_test(bounds_what_it_takes),
        cmocka_unit_test(says_whether_the_connection_can_be_kept),
        cmocka_unit_test(leaves_what_follows),
        cmocka_unit_test(survives_changes),
    };
    return cmocka_run_group_tests_name("answer", tests, set_up, NULL);
}
