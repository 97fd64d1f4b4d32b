/* Text to numbers, timestamps and bytes: every text ends at a page that must not be touched. */
#include <math.h>
#include <string.h>

#include "guard.h"
#include "scalar.h"

enum { ROOM = 4096 };

static char *guard_page;

static int set_up(void **state)
{
    (void)state;
    guard_page = map_guard(ROOM);
    return 0;
}

static char *at_guard(const char *text)
{
    size_t length = strlen(text);
    return memcpy(guard_page - length, text, length);
}

typedef bool reader(const char *text, size_t length, double *out);

static void assert_reads(reader *read, const char *text, double expected)
{
    double value = -1;
    if (!read(at_guard(text), strlen(text), &value))
        fail_msg("\"%s\" was refused", text);
    if (value != expected)
        fail_msg("\"%s\" was read as %.17g", text, value);
}

static void assert_refuses(reader *read, const char *text)
{
    double value = -1;
    if (read(at_guard(text), strlen(text), &value))
        fail_msg("\"%s\" was read as %.17g", text, value);
    assert_true(value == -1);
}

static void integers(void **state)
{
    (void)state;
    assert_reads(scalar_integer, "0", 0);
    assert_reads(scalar_integer, "-17", -17);
    assert_reads(scalar_integer, "+17", 17);
    assert_reads(scalar_integer, " \n42\t", 42);
    assert_reads(scalar_integer, "9007199254740993", 9007199254740992.0);
    assert_reads(scalar_integer, "9223372036854775807", 9223372036854775808.0);
    assert_reads(scalar_integer, "-9223372036854775808", -9223372036854775808.0);
    static const char *const bad[] = {
        "", " ", "-", "1.0", "1e3", "0x10", "1 2", "NaN", "--1", "1a", "99999999999999999999x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refuses(scalar_integer, bad[i]);
    char beyond[331] = "";
    memset(beyond, '9', 330); /* more than any double holds */
    assert_refuses(scalar_integer, beyond);
}

static void floats(void **state)
{
    (void)state;
    assert_reads(scalar_float, "0.1", 0.1);
    assert_reads(scalar_float, "-1.5E-3", -1.5e-3);
    assert_reads(scalar_float, " 7 ", 7);
    assert_reads(scalar_float, "Infinity", (double)INFINITY);
    assert_reads(scalar_float, "-Infinity", -(double)INFINITY);
    double value = 0;
    assert_true(scalar_float("NaN", 3, &value) && isnan(value));
    static const char *const bad[] = {"",    ".",   "1.2.3", "0x1p3",   "inf",
                                      "nan", "1,5", "e5",    "infinity"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refuses(scalar_float, bad[i]);
}

static void timestamps(void **state)
{
    (void)state;
    assert_reads(scalar_timestamp, "1970-01-01T00:00:00Z", 0);
    assert_reads(scalar_timestamp, "2024-02-29T12:34:56Z", 1709210096);
    assert_reads(scalar_timestamp, "2024-02-29T12:34:56.789Z", 1709210096.789);
    assert_reads(scalar_timestamp, "2024-02-29T12:34:56.123456789Z", 1709210096.123456789);
    assert_reads(scalar_timestamp, "2024-02-29T14:34:56+02:00", 1709210096);
    assert_reads(scalar_timestamp, "2024-02-29T07:04:56-0530", 1709210096);
    assert_reads(scalar_timestamp, "2024-02-29 12:34:56", 1709210096);
    assert_reads(scalar_timestamp, "2024-02-29", 1709164800);
    assert_reads(scalar_timestamp, "1969-12-31T23:59:59.5Z", -0.5);
    assert_reads(scalar_timestamp, "0001-01-01T00:00:00Z", -62135596800.0);
    assert_reads(scalar_timestamp, "9999-12-31T23:59:59Z", 253402300799.0);
    assert_reads(scalar_timestamp, "Thu, 29 Feb 2024 12:34:56 GMT", 1709210096);
    assert_reads(scalar_timestamp, "Thu, 29 Feb 2024 12:34:56.5 GMT", 1709210096.5);
    assert_reads(scalar_timestamp, "29 Feb 2024 12:34:56 +0000", 1709210096);
    assert_reads(scalar_timestamp, "1709210096", 1709210096);
    assert_reads(scalar_timestamp, "1.7092100965E9", 1709210096.5);
    assert_reads(scalar_timestamp, "-1.5", -1.5);
}

static void bad_timestamps(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "yesterday",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:00Q",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T",
        "2024-01",
        "Thu, 29 Feb 2024",
        "Thu, 29 Foo 2024 12:34:56 GMT",
        "Thu, 29 Feb 2024 12:34:56 CET",
        "NaN",
        "Infinity",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refuses(scalar_timestamp, bad[i]);
}

/* Every beginning of a good text is read or refused, and nothing after it looked at. */
static void beginnings(void **state)
{
    (void)state;
    static const char *const texts[] = {"2024-02-29T12:34:56.789+02:00",
                                        "Thu, 29 Feb 2024 12:34:56 GMT", "-1234567890123456789012",
                                        "-1.25E+10", "-Infinity"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t length = 0; length <= strlen(texts[i]); length++) {
            char *text = memcpy(guard_page - length, texts[i], length);
            double value;
            (void)scalar_timestamp(text, length, &value);
            (void)scalar_integer(text, length, &value);
            (void)scalar_float(text, length, &value);
        }
    }
}

static void base64_round_trip(void **state)
{
    (void)state;
    /* RFC 4648 section 10 */
    static const char *const vectors[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char out[16] = {0};
        size_t length = strlen(vectors[i][0]);
        assert_int_equal(scalar_base64_size(length), strlen(vectors[i][1]));
        scalar_base64_encode(at_guard(vectors[i][0]), length, out);
        assert_string_equal(out, vectors[i][1]);
        char *text = at_guard(vectors[i][1]);
        assert_int_equal(scalar_base64_decode(text, strlen(vectors[i][1]), text), length);
        assert_memory_equal(text, vectors[i][0], length);
    }
}

static void base64_decoding(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(scalar_base64_decode("Zm\n9v\r\n", 7, out), 3);
    assert_int_equal(scalar_base64_decode("Zg", 2, out), 1);
    assert_int_equal(scalar_base64_decode("/+8=", 4, out), 2);
    assert_memory_equal(out, "\xff\xef", 2);
    static const char *const bad[] = {
        "Z", "Zg=", "Zg===", "Zm9v=", "Zg==Zg==", "Zm-v", "=", "Zm9\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(scalar_base64_decode(bad[i], strlen(bad[i]), out), -1);
}

/* Wherever lines break. */
static void base64_of_all_bytes(void **state)
{
    (void)state;
    char bytes[256], text[344 + 1], broken[2 * sizeof text], out[sizeof broken];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    scalar_base64_encode(bytes, sizeof bytes, text);
    for (size_t width = 1; width < 10; width++) {
        size_t length = 0;
        for (size_t i = 0; i < sizeof text - 1; i++) {
            if (i % width == 0)
                broken[length++] = '\n';
            broken[length++] = text[i];
        }
        assert_int_equal(scalar_base64_decode(broken, length, out), sizeof bytes);
        assert_memory_equal(bytes, out, sizeof bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(floats),
        cmocka_unit_test(timestamps),
        cmocka_unit_test(bad_timestamps),
        cmocka_unit_test(beginnings),
        cmocka_unit_test(base64_round_trip),
        cmocka_unit_test(base64_of_all_bytes),
        cmocka_unit_test(base64_decoding),
    };
    return cmocka_run_group_tests_name("scalar", tests, set_up, NULL);
}
