/*
 * Every stage of the signer by itself. What goes in ends at a page that nobody may read, what comes
 * out at one that nobody may write, and every text is also written into memory that is too small.
 */
#include <string.h>

#include "guard.h"
#include "sigv4.h"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" /* of AWS's examples */
#define TEXT(literal) ((struct sigv4_slice){(literal), sizeof(literal) - 1})

/* Guarded memory */

struct guarded {
    char *guard;
    size_t length;
};

static struct guarded guards[1 << 16];
static size_t guard_count;

/* `length` bytes that end where reading and writing are not allowed; freed after the test. */
static char *guarded_bytes(size_t length)
{
    assert_true(guard_count < sizeof guards / sizeof *guards);
    char *guard = map_guard(length);
    guards[guard_count++] = (struct guarded){guard, length};
    return guard - length;
}

static int release_guards(void **state)
{
    (void)state;
    while (guard_count > 0) {
        guard_count--;
        unmap_guard(guards[guard_count].guard, guards[guard_count].length);
    }
    return 0;
}

static struct sigv4_slice guarded(const char *string)
{
    size_t length = strlen(string);
    char *bytes = guarded_bytes(length);
    memcpy(bytes, string, length);
    return (struct sigv4_slice){bytes, length};
}

/* A stage with its arguments */

typedef void stage(struct sigv4_text *out, const void *arguments);

/* Gives the stage more and more memory until it says that all of its text was written. */
static void assert_writes(stage *write, const void *arguments, const char *expected)
{
    enum { MOST = 1024 };
    char *end = guarded_bytes(MOST) + MOST;
    struct sigv4_text text = {.length = 1};

    for (size_t capacity = 0; text.length > text.capacity; capacity++) {
        assert_true(capacity <= MOST);
        text = (struct sigv4_text){end - capacity, capacity, 0};
        write(&text, arguments);
        assert_true(text.length >= strlen(expected));
    }
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

/* Time */

static void test_time(void **state)
{
    static const struct {
        int64_t seconds;
        const char *time;
    } cases[] = {
        {0, "19700101T000000Z"},
        {1440938160, "20150830T123600Z"},
        {951782399, "20000228T235959Z"},
        {951782400, "20000229T000000Z"},
        {951868800, "20000301T000000Z"},
        {4107542399, "21000228T235959Z"},
        {4107542400, "21000301T000000Z"},
        {1735689599, "20241231T235959Z"},
        {1735689600, "20250101T000000Z"},
        {253402300799, "99991231T235959Z"},
        {253402300800, ""},
        {-1, ""},
        {INT64_MAX, ""},
        {INT64_MIN, ""},
    };
    char time[SIGV4_TIME_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sigv4_time(cases[i].seconds, time), cases[i].time[0] != '\0');
        assert_string_equal(time, cases[i].time);
    }
}

/* Hash */

static void test_hash(void **state)
{
    char hash[SIGV4_HEX_SIZE];

    (void)state;
    sigv4_hash((struct sigv4_slice){NULL, 0}, hash);
    assert_string_equal(hash, EMPTY_HASH);
    sigv4_hash(guarded("abc"), hash); /* FIPS 180-4's example */
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Path */

struct path_case {
    const char *path;
    const char *expected;
    bool double_encode;
    bool normalize;
};

static void write_path(struct sigv4_text *out, const void *arguments)
{
    const struct path_case *path_case = arguments;
    sigv4_canonical_path(out, guarded(path_case->path), path_case->double_encode,
                         path_case->normalize);
}

static void test_path(void **state)
{
    static const struct path_case cases[] = {
        {"", "/", true, true},
        {"/", "/", true, true},
        {"//", "/", true, true},
        {"/.", "/", true, true},
        {"/..", "/", true, true},
        {"/./", "/", true, true},
        {"/../../..", "/", true, true},
        {"/../a", "/a", true, true},
        {"/a/..", "/", true, true},
        {"/a/../", "/", true, true},
        {"/a/b/..", "/a", true, true},
        {"/a/b/../", "/a/", true, true},
        {"/a/b/../..", "/", true, true},
        {"/a/b/../../c", "/c", true, true},
        {"/a/../../b", "/b", true, true},
        {"//a///b//", "/a/b/", true, true},
        {"/./a", "/a", true, true},
        {"/a/./b/.", "/a/b", true, true},
        {"/.../..a/a../.b", "/.../..a/a../.b", true, true},
        {"/-._~0189azAZ", "/-._~0189azAZ", true, true},
        {"/a b", "/a%20b", true, true},
        {"/a%20b", "/a%2520b", true, true},
        {"/\xe1\x88\xb4", "/%E1%88%B4", true, true},
        {"/a+b=c&d:e@f!g$h'i(j)k*l,m;n", "/a%2Bb%3Dc%26d%3Ae%40f%21g%24h%27i%28j%29k%2Al%2Cm%3Bn",
         true, true},
        {"/a%2Fb/../c", "/c", true, true},
        {"", "/", true, false},
        {"//a/./b/../%20", "//a/./b/../%2520", true, false},
        {"", "/", false, false},
        {"//a/./b/../%20 \xff", "//a/./b/../%20 \xff", false, false},
        {"//a/./b/../%20", "/a/%20", false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_writes(write_path, &cases[i], cases[i].expected);
}

/* Query */

static void write_query(struct sigv4_text *out, const void *arguments)
{
    struct sigv4_slice query = guarded(arguments);
    size_t count = sigv4_split_query(query, NULL, 0);
    struct sigv4_pair *params = (struct sigv4_pair *)(void *)guarded_bytes(count * sizeof *params);

    assert_int_equal(sigv4_split_query(query, params, count), count);
    sigv4_canonical_query(out, params, count);
}

static void test_query(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"&", ""},
        {"&&a&&", "a="},
        {"a", "a="},
        {"a=", "a="},
        {"=", "="},
        {"=b", "=b"},
        {"a==b", "a=%3Db"},
        {"b=1&a=2", "a=2&b=1"},
        {"a=2&a=1&a=", "a=&a=1&a=2"},
        {"a=1&a=1", "a=1&a=1"},
        {"b=1&B=1", "B=1&b=1"},
        {"a-b=1&a=2", "a=2&a-b=1"}, /* by name, not by "name=" */
        {"a%20b=1&a-b=2", "a%20b=1&a-b=2"},
        {"z=1&%E1%88%B4=2", "%E1%88%B4=2&z=1"}, /* by the encoded name */
        {"\xe1\x88\xb4=bar", "%E1%88%B4=bar"},
        {"a=%e1%7e%41", "a=%E1~A"},
        {"a=b+c", "a=b%20c"},
        {"a=b%2Bc%20d", "a=b%2Bc%20d"},
        {"a=%", "a=%25"},
        {"a=%4", "a=%254"},
        {"a=%4g%g4", "a=%254g%25g4"},
        {"a=/?:@!$'()*,;#[]", "a=%2F%3F%3A%40%21%24%27%28%29%2A%2C%3B%23%5B%5D"},
        {"-._~0189azAZ=-._~0189azAZ", "-._~0189azAZ=-._~0189azAZ"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_writes(write_query, cases[i][0], cases[i][1]);
}

static void test_split_query_stores_no_more_than_fits(void **state)
{
    struct sigv4_pair *params = (struct sigv4_pair *)(void *)guarded_bytes(2 * sizeof *params);

    (void)state;
    assert_int_equal(sigv4_split_query(guarded("a=1&b=2&c=3"), params, 2), 3);
    assert_memory_equal(params[1].name.data, "b", 1);
    assert_int_equal(params[1].value.length, 1);
}

/* Headers */

struct header_case {
    const char *headers[8][2];
    const char *canonical;
    const char *signed_headers;
};

static size_t guard_headers(const struct header_case *header_case, struct sigv4_pair *headers)
{
    size_t count = 0;
    for (; count < 8 && header_case->headers[count][0]; count++)
        headers[count] = (struct sigv4_pair){guarded(header_case->headers[count][0]),
                                             guarded(header_case->headers[count][1])};
    return sigv4_select_headers(headers, count);
}

static void write_headers(struct sigv4_text *out, const void *arguments)
{
    struct sigv4_pair headers[8];
    size_t count = guard_headers(arguments, headers);
    sigv4_canonical_headers(out, headers, count);
}

static void write_signed_headers(struct sigv4_text *out, const void *arguments)
{
    struct sigv4_pair headers[8];
    size_t count = guard_headers(arguments, headers);
    sigv4_signed_headers(out, headers, count);
}

static void test_headers(void **state)
{
    static const struct header_case cases[] = {
        {{{NULL, NULL}}, "", ""},
        {{{"Host", "a"}}, "host:a\n", "host"},
        {{{"X-B", "1"}, {"HOST", "h"}, {"x-a", "2"}}, "host:h\nx-a:2\nx-b:1\n", "host;x-a;x-b"},
        {{{"a-b", "1"}, {"a", "2"}}, "a:2\na-b:1\n", "a;a-b"},
        {{{"k", "v2"}, {"K", "v2"}, {"k", "v1"}}, "k:v2,v2,v1\n", "k"},
        {{{"k", ""}, {"k", "v"}, {"k", " "}}, "k:,v,\n", "k"},
        {{{"k", "  a   b\t \"c  d\"  "}}, "k:a b \"c d\"\n", "k"},
        {{{"k", "v1\r\n  v2\n     v3"}}, "k:v1,v2,v3\n", "k"},
        {{{"k", "\n \n"}}, "k:\n", "k"},
        {{{"k", "\xc3\xa4"}}, "k:\xc3\xa4\n", "k"},
        {{{"User-Agent", "a"},
          {"Authorization", "b"},
          {"X-Amzn-Trace-Id", "c"},
          {"Expect", "d"},
          {"Connection", "e"},
          {"Transfer-Encoding", "f"},
          {"TE", "g"},
          {"Tea", "h"}},
         "tea:h\n",
         "tea"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_writes(write_headers, &cases[i], cases[i].canonical);
        assert_writes(write_signed_headers, &cases[i], cases[i].signed_headers);
        release_guards(NULL);
    }
}

/* Canonical request */

static void write_canonical_request(struct sigv4_text *out, const void *arguments)
{
    sigv4_canonical_request(out, arguments);
}

/* From here on AWS's published example, "ListUsers" of IAM */
#define LIST_USERS                                                                                 \
    "GET\n/\nAction=ListUsers&Version=2010-05-08\n"                                                \
    "content-type:application/x-www-form-urlencoded; charset=utf-8\n"                              \
    "host:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"                                      \
    "content-type;host;x-amz-date\n" EMPTY_HASH
#define LIST_USERS_TO_SIGN                                                                         \
    "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n"                    \
    "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
#define LIST_USERS_SIGNATURE "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"

static void test_canonical_request(void **state)
{
    struct sigv4_pair params[2],
        headers[] = {
            {TEXT("Host"), TEXT("iam.amazonaws.com")},
            {TEXT("Content-Type"), TEXT("application/x-www-form-urlencoded; charset=utf-8")},
            {TEXT("X-Amz-Date"), TEXT("20150830T123600Z")},
        };
    struct sigv4_request request = {
        .method = guarded("GET"),
        .path = guarded("/"),
        .params = params,
        .param_count = sigv4_split_query(guarded("Version=2010-05-08&Action=ListUsers"), params, 2),
        .headers = headers,
        .header_count = sigv4_select_headers(headers, 3),
        .double_encode = true,
        .normalize = true,
    };

    (void)state;
    assert_writes(write_canonical_request, &request, LIST_USERS);
}

static void test_payload_hash(void **state)
{
    struct sigv4_pair headers[] = {{TEXT("X-Amz-Content-SHA256"), TEXT(" UNSIGNED-PAYLOAD ")}};
    struct sigv4_request request = {.method = TEXT("PUT"), .path = TEXT("/k")};

    (void)state;
    request.body = guarded("abc");
    assert_writes(
        write_canonical_request, &request,
        "PUT\n/k\n\n\n\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    request.headers = headers;
    request.header_count = 1;
    assert_writes(write_canonical_request, &request,
                  "PUT\n/k\n\nx-amz-content-sha256:UNSIGNED-PAYLOAD\n\nx-amz-content-sha256\n"
                  "UNSIGNED-PAYLOAD");
    request.payload_hash = guarded("GIVEN");
    assert_writes(
        write_canonical_request, &request,
        "PUT\n/k\n\nx-amz-content-sha256:UNSIGNED-PAYLOAD\n\nx-amz-content-sha256\nGIVEN");
}

/* String to sign */

static void write_scope(struct sigv4_text *out, const void *arguments)
{
    sigv4_scope(out, arguments, TEXT("us-east-1"), TEXT("iam"));
}

static void test_scope(void **state)
{
    (void)state;
    assert_writes(write_scope, "20150830T123600Z", "20150830/us-east-1/iam/aws4_request");
}

static void write_string_to_sign(struct sigv4_text *out, const void *arguments)
{
    sigv4_string_to_sign(out, "20150830T123600Z", TEXT("20150830/us-east-1/iam/aws4_request"),
                         guarded(arguments));
}

static void test_string_to_sign(void **state)
{
    (void)state;
    assert_writes(write_string_to_sign, LIST_USERS, LIST_USERS_TO_SIGN);
}

/* Signature */

static void test_signature(void **state)
{
    struct sigv4_key key;
    char signature[SIGV4_HEX_SIZE];

    (void)state;
    sigv4_key_derive(&key, guarded(SECRET), "20150830T123600Z", TEXT("us-east-1"), TEXT("iam"));
    for (int warm = 0; warm < 2; warm++) {
        sigv4_signature(&key, guarded(LIST_USERS_TO_SIGN), signature);
        assert_string_equal(signature, LIST_USERS_SIGNATURE);
    }

    static const struct sigv4_key wiped;
    sigv4_key_wipe(&key);
    assert_memory_equal(&key, &wiped, sizeof key);
}

/* A secret of up to 60 bytes fills the block of an HMAC's key with "AWS4"; a longer one is hashed.
 */
static void test_signature_by_length_of_secret(void **state)
{
    static const struct {
        size_t length;
        const char *signature;
    } cases[] = {
        {0, "ab0b515cc3356718672c7218b73084035fbbb2f294cd1a71789d532852bfbcc5"},
        {60, "5e650d36defdb37ba9aaf92b3a8fbbfada6b29b1083efd4e2d3e106a4fcc64d4"},
        {61, "537cfea98574f1ed9fb0b0d0044e19d03aa3011dc34a51fb6377036ad2cdea11"},
        {200, "bb7358b3e5776078ac68355b873075b57d542dd86471cc6a29cd3cf93ab639cc"},
    };
    char signature[SIGV4_HEX_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sigv4_key key;
        struct sigv4_slice secret = {NULL, cases[i].length};
        if (secret.length > 0)
            secret.data = memset(guarded_bytes(secret.length), 's', secret.length);
        sigv4_key_derive(&key, secret, "20150830T123600Z", TEXT("us-east-1"), TEXT("iam"));
        sigv4_signature(&key, TEXT("text"), signature);
        assert_string_equal(signature, cases[i].signature);
    }
}

/* What is sent */

static void write_authorization(struct sigv4_text *out, const void *arguments)
{
    struct sigv4_pair headers[8];
    size_t count = guard_headers(arguments, headers);
    sigv4_authorization(out, guarded("AKIDEXAMPLE"), guarded("20150830/us-east-1/iam/aws4_request"),
                        headers, count, LIST_USERS_SIGNATURE);
}

static void write_presign_query(struct sigv4_text *out, const void *arguments)
{
    struct sigv4_pair headers[8];
    size_t count = guard_headers(arguments, headers);
    sigv4_presign_query(out, guarded("AKIDEXAMPLE"), guarded("20150830/us-east-1/s3/aws4_request"),
                        "20150830T123600Z", 604800, headers, count, guarded("t+/="));
}

static void test_what_is_sent(void **state)
{
    static const struct header_case headers = {
        .headers = {{"X-Amz-Date", "d"}, {"Host", "h"}, {"X-Amz-Date", "e"}}};

    (void)state;
    assert_writes(write_authorization, &headers,
                  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                  "SignedHeaders=host;x-amz-date, Signature=" LIST_USERS_SIGNATURE);
    release_guards(NULL);
    assert_writes(write_presign_query, &headers,
                  "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                  "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fs3%2Faws4_request"
                  "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=604800"
                  "&X-Amz-SignedHeaders=host%3Bx-amz-date&X-Amz-Security-Token=t%2B%2F%3D");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_time, release_guards),
        cmocka_unit_test_teardown(test_hash, release_guards),
        cmocka_unit_test_teardown(test_path, release_guards),
        cmocka_unit_test_teardown(test_query, release_guards),
        cmocka_unit_test_teardown(test_split_query_stores_no_more_than_fits, release_guards),
        cmocka_unit_test_teardown(test_headers, release_guards),
        cmocka_unit_test_teardown(test_canonical_request, release_guards),
        cmocka_unit_test_teardown(test_payload_hash, release_guards),
        cmocka_unit_test_teardown(test_scope, release_guards),
        cmocka_unit_test_teardown(test_string_to_sign, release_guards),
        cmocka_unit_test_teardown(test_signature, release_guards),
        cmocka_unit_test_teardown(test_signature_by_length_of_secret, release_guards),
        cmocka_unit_test_teardown(test_what_is_sent, release_guards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
