/*
 * AWS Signature Version 4; the header explains the stages, which follow here in their order.
 *
 * SHA-256 is used by OpenSSL's low-level functions: a warm signature is three short hashes, and the
 * EVP interface of OpenSSL 3 spends longer on allocating and duplicating its contexts than SHA-256
 * on the bytes. A SHA256_CTX is copied by assignment, which is what an HMAC with a kept key needs.
 */
#include "sigv4.h"

#include <openssl/crypto.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define TEXT(literal) ((struct sigv4_slice){(literal), sizeof(literal) - 1})

static const char LOWER_HEX[] = "0123456789abcdef";
static const char UPPER_HEX[] = "0123456789ABCDEF";

/* Writing */

static void put(struct sigv4_text *out, char c)
{
    if (out->length < out->capacity)
        out->data[out->length] = c;
    out->length++;
}

static void put_bytes(struct sigv4_text *out, const char *data, size_t length)
{
    if (length > 0 && out->length <= out->capacity && length <= out->capacity - out->length)
        memcpy(out->data + out->length, data, length);
    out->length += length;
}

static void put_slice(struct sigv4_text *out, struct sigv4_slice slice)
{
    put_bytes(out, slice.data, slice.length);
}

static void put_string(struct sigv4_text *out, const char *string)
{
    put_bytes(out, string, strlen(string));
}

/* Characters, by ASCII: the C library's would ask the locale */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* RFC 3986, section 2.3 */
static bool is_unreserved(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_named(struct sigv4_slice name, struct sigv4_slice lower_case)
{
    size_t i = 0;
    if (name.length != lower_case.length)
        return false;
    while (i < name.length && lower(name.data[i]) == lower_case.data[i])
        i++;
    return i == name.length;
}

static void put_encoded(struct sigv4_text *out, char c)
{
    if (is_unreserved(c)) {
        put(out, c);
        return;
    }
    put(out, '%');
    put(out, UPPER_HEX[(unsigned char)c >> 4]);
    put(out, UPPER_HEX[(unsigned char)c & 15]);
}

/*
 * Insertion: stable, in place, and the fastest for the handful of pairs that a request has.
 */
static void sort_pairs(struct sigv4_pair *pairs, size_t count,
                       int (*compare)(const struct sigv4_pair *, const struct sigv4_pair *))
{
    for (size_t i = 1; i < count; i++) {
        struct sigv4_pair moving = pairs[i];
        size_t place = i;
        while (place > 0 && compare(&pairs[place - 1], &moving) > 0) {
            pairs[place] = pairs[place - 1];
            place--;
        }
        pairs[place] = moving;
    }
}

/* Hashing */

static void to_hex(const unsigned char digest[SHA256_DIGEST_LENGTH], char out[SIGV4_HEX_SIZE])
{
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        *out++ = LOWER_HEX[digest[i] >> 4];
        *out++ = LOWER_HEX[digest[i] & 15];
    }
    *out = '\0';
}

void sigv4_hash(struct sigv4_slice data, char out[SIGV4_HEX_SIZE])
{
    SHA256_CTX context;
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256_Init(&context);
    SHA256_Update(&context, data.data, data.length);
    SHA256_Final(digest, &context);
    to_hex(digest, out);
}

/*
 * RFC 2104: the states after the padded key `prefix` .. `secret`, so that every HMAC with it saves
 * these two blocks.
 */
static void hmac_key(struct sigv4_key *key, const char *prefix, struct sigv4_slice secret)
{
    unsigned char pad[SHA256_CBLOCK] = {0};
    size_t prefix_length = strlen(prefix);

    if (prefix_length + secret.length > sizeof pad) {
        SHA256_Init(&key->inner);
        SHA256_Update(&key->inner, prefix, prefix_length);
        SHA256_Update(&key->inner, secret.data, secret.length);
        SHA256_Final(pad, &key->inner);
    } else {
        memcpy(pad, prefix, prefix_length);
        if (secret.length > 0)
            memcpy(pad + prefix_length, secret.data, secret.length);
    }

    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    SHA256_Init(&key->inner);
    SHA256_Update(&key->inner, pad, sizeof pad);

    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&key->outer);
    SHA256_Update(&key->outer, pad, sizeof pad);

    OPENSSL_cleanse(pad, sizeof pad);
}

static void hmac(const struct sigv4_key *key, struct sigv4_slice data,
                 unsigned char digest[SHA256_DIGEST_LENGTH])
{
    SHA256_CTX context = key->inner;

    SHA256_Update(&context, data.data, data.length);
    SHA256_Final(digest, &context);
    context = key->outer;
    SHA256_Update(&context, digest, SHA256_DIGEST_LENGTH);
    SHA256_Final(digest, &context);
    OPENSSL_cleanse(&context, sizeof context);
}

/* Time */

static char *put_number(char *out, int64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return out + digits;
}

bool sigv4_time(int64_t seconds, char out[SIGV4_TIME_SIZE])
{
    out[0] = '\0';
    if (seconds < 0 || seconds > INT64_C(253402300799))
        return false;

    /*
     * Years are counted from 1 March of the year 0, so that a leap day is the last of its year, and
     * the months, which then go 31 30 31 30 31, begin at (153 * month + 2) / 5.
     */
    const int64_t march_of_0 = 719468; /* days before 1970 */
    const int64_t days_of_400_years = 146097;
    int64_t second = seconds % 86400;
    int64_t day = seconds / 86400 + march_of_0;
    int64_t year = day / days_of_400_years * 400;
    day %= days_of_400_years;
    int64_t year_of_400 = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= year_of_400 * 365 + year_of_400 / 4 - year_of_400 / 100;
    int64_t month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    year += year_of_400 + (month >= 10);
    month += month >= 10 ? -9 : 3;

    out = put_number(out, year, 4);
    out = put_number(out, month, 2);
    out = put_number(out, day + 1, 2);
    *out++ = 'T';
    out = put_number(out, second / 3600, 2);
    out = put_number(out, second / 60 % 60, 2);
    out = put_number(out, second % 60, 2);
    *out++ = 'Z';
    *out = '\0';
    return true;
}

/* Canonical path */

static void put_path(struct sigv4_text *out, struct sigv4_slice path, bool encode)
{
    if (!encode) {
        put_slice(out, path);
        return;
    }
    for (size_t i = 0; i < path.length; i++) {
        if (path.data[i] == '/')
            put(out, '/');
        else
            put_encoded(out, path.data[i]);
    }
}

/* Takes the last segment back, where there is one; what did not fit only grows. */
static void drop_segment(struct sigv4_text *out, size_t start)
{
    if (out->length > out->capacity)
        return;
    while (out->length > start)
        if (out->data[--out->length] == '/')
            return;
}

/* RFC 3986, section 5.2.4; and AWS drops empty segments, and keeps a slash at the end. */
static void put_normalized_path(struct sigv4_text *out, struct sigv4_slice path, bool encode)
{
    size_t root = out->length;

    for (size_t begin = 0, end; begin < path.length; begin = end + 1) {
        for (end = begin; end < path.length && path.data[end] != '/'; end++)
            ;
        struct sigv4_slice segment = {path.data + begin, end - begin};
        if (segment.length == 0 || (segment.length == 1 && segment.data[0] == '.'))
            continue;
        if (segment.length == 2 && memcmp(segment.data, "..", 2) == 0) {
            drop_segment(out, root);
        } else {
            put(out, '/');
            put_path(out, segment, encode);
        }
    }
    if (out->length == root || path.data[path.length - 1] == '/')
        put(out, '/');
}

void sigv4_canonical_path(struct sigv4_text *out, struct sigv4_slice path, bool double_encode,
                          bool normalize)
{
    if (normalize)
        put_normalized_path(out, path, double_encode);
    else if (path.length == 0)
        put(out, '/');
    else
        put_path(out, path, double_encode);
}

/* Canonical query */

size_t sigv4_split_query(struct sigv4_slice query, struct sigv4_pair *params, size_t capacity)
{
    size_t count = 0;

    for (size_t begin = 0, end; begin < query.length; begin = end + 1) {
        for (end = begin; end < query.length && query.data[end] != '&'; end++)
            ;
        if (end == begin)
            continue;
        size_t equals = begin;
        while (equals < end && query.data[equals] != '=')
            equals++;
        size_t value = equals < end ? equals + 1 : end;
        if (count < capacity)
            params[count] = (struct sigv4_pair){{query.data + begin, equals - begin},
                                                {query.data + value, end - value}};
        count++;
    }
    return count;
}

/* The character that begins at *position, which moves behind it. */
static char next_decoded(struct sigv4_slice text, size_t *position)
{
    char c = text.data[(*position)++];

    if (c == '+')
        return ' ';
    if (c == '%' && text.length - *position >= 2) {
        int high = hex_value(text.data[*position]);
        int low = hex_value(text.data[*position + 1]);
        if (high >= 0 && low >= 0) {
            *position += 2;
            return (char)(high << 4 | low);
        }
    }
    return c;
}

/* The order of encoded text, where the "%" of an encoded character is before all that is not. */
static int encoded_rank(char c)
{
    return (unsigned char)c + (is_unreserved(c) ? 256 : 0);
}

static int compare_encoded(struct sigv4_slice a, struct sigv4_slice b)
{
    size_t i = 0, j = 0;

    while (i < a.length && j < b.length) {
        int difference = encoded_rank(next_decoded(a, &i)) - encoded_rank(next_decoded(b, &j));
        if (difference != 0)
            return difference;
    }
    return (i < a.length) - (j < b.length);
}

static int compare_params(const struct sigv4_pair *a, const struct sigv4_pair *b)
{
    int difference = compare_encoded(a->name, b->name);
    return difference != 0 ? difference : compare_encoded(a->value, b->value);
}

static void put_encoded_anew(struct sigv4_text *out, struct sigv4_slice text)
{
    for (size_t i = 0; i < text.length;)
        put_encoded(out, next_decoded(text, &i));
}

void sigv4_canonical_query(struct sigv4_text *out, struct sigv4_pair *params, size_t count)
{
    sort_pairs(params, count, compare_params);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put(out, '&');
        put_encoded_anew(out, params[i].name);
        put(out, '=');
        put_encoded_anew(out, params[i].value);
    }
}

/* Canonical headers */

/* Those of one hop (RFC 9110, section 7.6.1) or that change underway; botocore has the same list.
 */
static bool is_unsigned_header(struct sigv4_slice name)
{
    static const struct sigv4_slice names[] = {
        TEXT("authorization"),
        TEXT("connection"),
        TEXT("expect"),
        TEXT("keep-alive"),
        TEXT("te"),
        TEXT("proxy-authenticate"),
        TEXT("proxy-authorization"),
        TEXT("trailer"),
        TEXT("transfer-encoding"),
        TEXT("upgrade"),
        TEXT("user-agent"),
        TEXT("x-amzn-trace-id"),
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_named(name, names[i]))
            return true;
    return false;
}

static int compare_names(const struct sigv4_pair *a, const struct sigv4_pair *b)
{
    for (size_t i = 0; i < a->name.length && i < b->name.length; i++) {
        int difference = lower(a->name.data[i]) - lower(b->name.data[i]);
        if (difference != 0)
            return difference;
    }
    return (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

size_t sigv4_select_headers(struct sigv4_pair *headers, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!is_unsigned_header(headers[i].name))
            headers[kept++] = headers[i];
    sort_pairs(headers, kept, compare_names);
    return kept;
}

static struct sigv4_slice trimmed(struct sigv4_slice text)
{
    while (text.length > 0 && is_space(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}

/* White space with the end of a line in it becomes a comma (AWS's own test suite), else a space. */
static void put_header_value(struct sigv4_text *out, struct sigv4_slice value)
{
    value = trimmed(value);
    for (size_t i = 0; i < value.length;) {
        size_t word = i;
        while (i < value.length && !is_space(value.data[i]))
            i++;
        put_bytes(out, value.data + word, i - word);
        if (i == value.length)
            return;
        char separator = ' ';
        for (; is_space(value.data[i]); i++)
            if (value.data[i] == '\n')
                separator = ',';
        put(out, separator);
    }
}

static bool has_name_of_previous(const struct sigv4_pair *headers, size_t i)
{
    return i > 0 && compare_names(&headers[i - 1], &headers[i]) == 0;
}

void sigv4_canonical_headers(struct sigv4_text *out, const struct sigv4_pair *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has_name_of_previous(headers, i)) {
            put(out, ',');
        } else {
            if (i > 0)
                put(out, '\n');
            for (size_t j = 0; j < headers[i].name.length; j++)
                put(out, lower(headers[i].name.data[j]));
            put(out, ':');
        }
        put_header_value(out, headers[i].value);
    }
    if (count > 0)
        put(out, '\n');
}

static void put_names(struct sigv4_text *out, const struct sigv4_pair *headers, size_t count,
                      void (*put_character)(struct sigv4_text *, char))
{
    for (size_t i = 0; i < count; i++) {
        if (has_name_of_previous(headers, i))
            continue;
        if (i > 0)
            put_character(out, ';');
        for (size_t j = 0; j < headers[i].name.length; j++)
            put_character(out, lower(headers[i].name.data[j]));
    }
}

void sigv4_signed_headers(struct sigv4_text *out, const struct sigv4_pair *headers, size_t count)
{
    put_names(out, headers, count, put);
}

/* Canonical request */

static void put_payload_hash(struct sigv4_text *out, const struct sigv4_request *request)
{
    static const struct sigv4_slice content_sha256 = TEXT("x-amz-content-sha256");
    char hash[SIGV4_HEX_SIZE];

    if (request->payload_hash.data) {
        put_slice(out, request->payload_hash);
        return;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (is_named(request->headers[i].name, content_sha256)) {
            put_header_value(out, request->headers[i].value);
            return;
        }
    }
    sigv4_hash(request->body, hash);
    put_string(out, hash);
}

void sigv4_canonical_request(struct sigv4_text *out, const struct sigv4_request *request)
{
    put_slice(out, request->method);
    put(out, '\n');
    sigv4_canonical_path(out, request->path, request->double_encode, request->normalize);
    put(out, '\n');
    sigv4_canonical_query(out, request->params, request->param_count);
    put(out, '\n');
    sigv4_canonical_headers(out, request->headers, request->header_count);
    put(out, '\n');
    sigv4_signed_headers(out, request->headers, request->header_count);
    put(out, '\n');
    put_payload_hash(out, request);
}

/* String to sign */

void sigv4_scope(struct sigv4_text *out, const char time[SIGV4_TIME_SIZE],
                 struct sigv4_slice region, struct sigv4_slice service)
{
    put_bytes(out, time, SIGV4_DATE_LENGTH);
    put(out, '/');
    put_slice(out, region);
    put(out, '/');
    put_slice(out, service);
    put_string(out, "/" TERMINATOR);
}

void sigv4_string_to_sign(struct sigv4_text *out, const char time[SIGV4_TIME_SIZE],
                          struct sigv4_slice scope, struct sigv4_slice canonical_request)
{
    char hash[SIGV4_HEX_SIZE];

    put_string(out, ALGORITHM "\n");
    put_string(out, time);
    put(out, '\n');
    put_slice(out, scope);
    put(out, '\n');
    sigv4_hash(canonical_request, hash);
    put_string(out, hash);
}

/* Signature */

void sigv4_key_derive(struct sigv4_key *key, struct sigv4_slice secret,
                      const char time[SIGV4_TIME_SIZE], struct sigv4_slice region,
                      struct sigv4_slice service)
{
    const struct sigv4_slice steps[] = {
        {time, SIGV4_DATE_LENGTH}, region, service, {TERMINATOR, sizeof TERMINATOR - 1}};
    unsigned char digest[SHA256_DIGEST_LENGTH];

    hmac_key(key, "AWS4", secret);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        hmac(key, steps[i], digest);
        hmac_key(key, "", (struct sigv4_slice){(const char *)digest, sizeof digest});
    }
    OPENSSL_cleanse(digest, sizeof digest);
}

void sigv4_key_wipe(struct sigv4_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

void sigv4_signature(const struct sigv4_key *key, struct sigv4_slice string_to_sign,
                     char out[SIGV4_HEX_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    hmac(key, string_to_sign, digest);
    to_hex(digest, out);
}

/* What is sent */

void sigv4_authorization(struct sigv4_text *out, struct sigv4_slice access_key,
                         struct sigv4_slice scope, const struct sigv4_pair *headers, size_t count,
                         const char signature[SIGV4_HEX_SIZE])
{
    put_string(out, ALGORITHM " Credential=");
    put_slice(out, access_key);
    put(out, '/');
    put_slice(out, scope);
    put_string(out, ", SignedHeaders=");
    sigv4_signed_headers(out, headers, count);
    put_string(out, ", Signature=");
    put_string(out, signature);
}

static void put_encoded_slice(struct sigv4_text *out, struct sigv4_slice slice)
{
    for (size_t i = 0; i < slice.length; i++)
        put_encoded(out, slice.data[i]);
}

static void put_decimal(struct sigv4_text *out, unsigned number)
{
    if (number >= 10)
        put_decimal(out, number / 10);
    put(out, (char)('0' + number % 10));
}

void sigv4_presign_query(struct sigv4_text *out, struct sigv4_slice access_key,
                         struct sigv4_slice scope, const char time[SIGV4_TIME_SIZE],
                         unsigned expires, const struct sigv4_pair *headers, size_t count,
                         struct sigv4_slice session_token)
{
    put_string(out, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
    put_encoded_slice(out, access_key);
    put_encoded(out, '/');
    put_encoded_slice(out, scope);
    put_string(out, "&X-Amz-Date=");
    put_string(out, time);
    put_string(out, "&X-Amz-Expires=");
    put_decimal(out, expires);
    put_string(out, "&X-Amz-SignedHeaders=");
    put_names(out, headers, count, put_encoded);
    if (session_token.data) {
        put_string(out, "&X-Amz-Security-Token=");
        put_encoded_slice(out, session_token);
    }
}
