/*
 * AWS Signature Version 4: request -> canonical request -> string to sign -> signature -> header.
 *
 * Source: AWS, "Create a signed AWS API request" (IAM User Guide), "Authenticating Requests:
 * Using Query Parameters" (Amazon S3 API Reference).
 *
 * Pure: no clock, no environment, no allocation, no state. Each stage is a function of its own, and
 * all memory is the caller's. Input is never written to, but for the arrays of pairs, which are put
 * in order where a prototype says so.
 */
#ifndef LUALAMBDA_SIGV4_H
#define LUALAMBDA_SIGV4_H

/* For SHA256_CTX; sigv4.c says why it is used in spite of its deprecation. */
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGV4_TIME_SIZE 17  /* "20150830T123600Z" and its terminator */
#define SIGV4_DATE_LENGTH 8 /* the date that such a time begins with */
#define SIGV4_HEX_SIZE 65   /* a SHA-256 in hexadecimal and its terminator */

/* Bytes of somebody else's; need not end in a terminator. */
struct sigv4_slice {
    const char *data;
    size_t length;
};

/* A header, or a parameter of a query. */
struct sigv4_pair {
    struct sigv4_slice name;
    struct sigv4_slice value;
};

/*
 * Text being written into the caller's memory, as with snprintf: `length` goes on counting past
 * `capacity`, and no byte is written there. A caller who finds length > capacity provides that much
 * memory, sets length to 0 and calls the stage again. No terminator is written.
 */
struct sigv4_text {
    char *data;
    size_t capacity;
    size_t length;
};

struct sigv4_request {
    struct sigv4_slice method;
    struct sigv4_slice path; /* without the query, as it is to be sent */
    struct sigv4_slice body;
    struct sigv4_slice payload_hash; /* instead of a hash of the body; data NULL: not given */
    struct sigv4_pair *params;       /* from sigv4_split_query */
    size_t param_count;
    struct sigv4_pair *headers; /* from sigv4_select_headers */
    size_t header_count;
    bool double_encode; /* encode the path once more (every service but S3) */
    bool normalize; /* take "." and ".." and doubled slashes out of the path (every one but S3) */
};

/* The signing key: the two SHA-256 states that an HMAC with it begins from. */
struct sigv4_key {
    SHA256_CTX inner;
    SHA256_CTX outer;
};

/*
 * `seconds` since 1970 UTC in ISO 8601's basic form. Returns false, with `out` empty, for a time
 * before 1970 or after 9999.
 */
bool sigv4_time(int64_t seconds, char out[SIGV4_TIME_SIZE]);

/* SHA-256 of `data` in lower-case hexadecimal. */
void sigv4_hash(struct sigv4_slice data, char out[SIGV4_HEX_SIZE]);

/*
 * Splits a query ("a=1&b&c=") into pairs that point into it, still encoded; empty pieces are left
 * out. Returns how many there are; only the first `capacity` are stored.
 */
size_t sigv4_split_query(struct sigv4_slice query, struct sigv4_pair *params, size_t capacity);

/*
 * Drops the headers that proxies and HTTP libraries change (and an Authorization), and sorts the
 * others by name, in place; headers of the same name keep their order. Returns how many are left.
 */
size_t sigv4_select_headers(struct sigv4_pair *headers, size_t count);

/*
 * The parts of the canonical request. They append to `out`.
 *
 * A query is put in order in place, by encoded name and then value. What is encoded in it already
 * is encoded anew, so that "%7e", "%7E" and "~" are one; "+" is a space, as it is to AWS's servers.
 *
 * A header's value loses the white space around it, and runs of it inside become one space. Headers
 * of one name are joined with commas, and so are the lines of a value that has several.
 */
void sigv4_canonical_path(struct sigv4_text *out, struct sigv4_slice path, bool double_encode,
                          bool normalize);
void sigv4_canonical_query(struct sigv4_text *out, struct sigv4_pair *params, size_t count);
void sigv4_canonical_headers(struct sigv4_text *out, const struct sigv4_pair *headers,
                             size_t count);
void sigv4_signed_headers(struct sigv4_text *out, const struct sigv4_pair *headers, size_t count);

/*
 * Appends the canonical request. The payload's hash is request->payload_hash, or the value of the
 * header x-amz-content-sha256 (UNSIGNED-PAYLOAD, STREAMING-...), or that of the body.
 */
void sigv4_canonical_request(struct sigv4_text *out, const struct sigv4_request *request);

/* Appends the credential scope: "20150830/us-east-1/iam/aws4_request". */
void sigv4_scope(struct sigv4_text *out, const char time[SIGV4_TIME_SIZE],
                 struct sigv4_slice region, struct sigv4_slice service);

/* Appends the string to sign. `scope` is what sigv4_scope wrote for the same `time`. */
void sigv4_string_to_sign(struct sigv4_text *out, const char time[SIGV4_TIME_SIZE],
                          struct sigv4_slice scope, struct sigv4_slice canonical_request);

/*
 * The key for one secret, date (the first eight characters of `time`), region and service. It may
 * be kept as long as these stay the same; whoever keeps it calls sigv4_key_wipe in the end.
 */
void sigv4_key_derive(struct sigv4_key *key, struct sigv4_slice secret,
                      const char time[SIGV4_TIME_SIZE], struct sigv4_slice region,
                      struct sigv4_slice service);
void sigv4_key_wipe(struct sigv4_key *key);

/* HMAC-SHA-256 of the string to sign in lower-case hexadecimal. */
void sigv4_signature(const struct sigv4_key *key, struct sigv4_slice string_to_sign,
                     char out[SIGV4_HEX_SIZE]);

/* Appends the value of the header Authorization. */
void sigv4_authorization(struct sigv4_text *out, struct sigv4_slice access_key,
                         struct sigv4_slice scope, const struct sigv4_pair *headers, size_t count,
                         const char signature[SIGV4_HEX_SIZE]);

/*
 * Appends the parameters that a pre-signed URL has in its query before X-Amz-Signature, encoded.
 * `expires` is in seconds; a `session_token` without data is left out.
 */
void sigv4_presign_query(struct sigv4_text *out, struct sigv4_slice access_key,
                         struct sigv4_slice scope, const char time[SIGV4_TIME_SIZE],
                         unsigned expires, const struct sigv4_pair *headers, size_t count,
                         struct sigv4_slice session_token);

#endif
