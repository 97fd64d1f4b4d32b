#include "http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "memory.h"
#include "multi.h"
#include "openssl.h"
#include "roots.h"

/* More header lines than this are no honest answer. */
enum { MOST_HEADERS = 200, SPARE_HANDLES = 16 };

struct http {
    struct multi *multi;
    CURL *spare[SPARE_HANDLES]; /* handles to use again: making one costs more than a reset */
    size_t spare_count;
};

struct http_transfer {
    struct multi_transfer multi; /* first: it is one of these */
    struct http *http;
    struct curl_slist *headers;
    struct sink *sink;
    size_t max_body, body_room;
    size_t header_room;
    bool sent;
    bool head_ended;
    struct http_response response;
    enum http_outcome outcome;
    char message[CURL_ERROR_SIZE];
    char curl_message[CURL_ERROR_SIZE];
    void (*finished)(void *user);
    void *user;
};

struct http *http_new(struct events *events)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    openssl_begin();
    if (curl_global_init(CURL_GLOBAL_SSL) != CURLE_OK || !(http->multi = multi_new(events))) {
        http_free(http);
        return NULL;
    }
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->spare_count)
        curl_easy_cleanup(http->spare[--http->spare_count]);
    multi_free(http->multi);
    free(http);
}

/* ---- what arrives ---- */

static void clear_response(struct http_transfer *transfer)
{
    struct http_response *response = &transfer->response;
    for (size_t i = 0; i < response->header_count; i++) {
        free(response->headers[i].name);
        free(response->headers[i].value);
    }
    free(response->headers);
    free(response->body);
    memory_give(transfer->body_room);
    transfer->body_room = transfer->header_room = 0;
    *response = (struct http_response){0};
}

static int fail(struct http_transfer *transfer, enum http_outcome outcome, const char *message)
{
    transfer->outcome = outcome;
    snprintf(transfer->message, sizeof transfer->message, "%s", message);
    return -1;
}

static struct http_header *find_header(const struct http_response *response, const char *name,
                                       size_t length)
{
    for (size_t i = 0; i < response->header_count; i++) {
        struct http_header *header = &response->headers[i];
        if (strncasecmp(header->name, name, length) == 0 && !header->name[length])
            return header;
    }
    return NULL;
}

/* RFC 9110, section 5.3: repeated fields are one list. */
static int join_value(struct http_header *header, const char *value, size_t length)
{
    size_t before = strlen(header->value);
    char *joined = realloc(header->value, before + 2 + length + 1);
    if (!joined)
        return -1;
    memcpy(joined + before, ", ", 2);
    memcpy(joined + before + 2, value, length);
    joined[before + 2 + length] = '\0';
    header->value = joined;
    return 0;
}

static int append_header(struct http_transfer *transfer, const char *name, size_t name_length,
                         const char *value, size_t value_length)
{
    struct http_response *response = &transfer->response;
    if (response->header_count == transfer->header_room) {
        size_t room = transfer->header_room ? transfer->header_room * 2 : 16;
        struct http_header *headers = realloc(response->headers, room * sizeof *headers);
        if (!headers)
            return -1;
        response->headers = headers;
        transfer->header_room = room;
    }
    struct http_header header = {strndup(name, name_length), strndup(value, value_length)};
    if (!header.name || !header.value) {
        free(header.name);
        free(header.value);
        return -1;
    }
    for (char *c = header.name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    response->headers[response->header_count++] = header;
    return 0;
}

static int take_field(struct http_transfer *transfer, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (!colon)
        return 0;
    const char *value = colon + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    size_t name_length = (size_t)(colon - line), value_length = (size_t)(end - value);

    struct http_header *known = find_header(&transfer->response, line, name_length);
    if (known)
        return join_value(known, value, value_length);
    if (transfer->response.header_count == MOST_HEADERS)
        return fail(transfer, HTTP_PROTOCOL, "the answer has too many headers");
    return append_header(transfer, line, name_length, value, value_length);
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct http_transfer *transfer = user;
    size_t length = size * count;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        clear_response(transfer); /* what came before was an interim answer */
        transfer->head_ended = false;
        return length;
    }
    if (length > 0 && (*line == '\r' || *line == '\n'))
        transfer->head_ended = true;
    if (take_field(transfer, line, length) == 0)
        return length;
    if (transfer->outcome == HTTP_OK)
        fail(transfer, HTTP_MEMORY, "out of memory");
    return 0;
}

static int append_body(struct http_transfer *transfer, const char *data, size_t length)
{
    struct http_response *response = &transfer->response;
    if (length > transfer->max_body - response->body_length) {
        char message[80];
        snprintf(message, sizeof message, "the answer is larger than %zu bytes",
                 transfer->max_body);
        return fail(transfer, HTTP_TOO_LARGE, message);
    }
    size_t needed = response->body_length + length;
    if (needed > transfer->body_room) {
        size_t room = transfer->body_room ? transfer->body_room : 4096;
        while (room < needed)
            room *= 2;
        if (!memory_take(room - transfer->body_room))
            return fail(transfer, HTTP_MEMORY, "out of memory");
        char *body = realloc(response->body, room);
        if (!body) {
            memory_give(room - transfer->body_room);
            return fail(transfer, HTTP_MEMORY, "out of memory");
        }
        response->body = body;
        transfer->body_room = room;
    }
    memcpy(response->body + response->body_length, data, length);
    response->body_length = needed;
    return 0;
}

/* A sink's bytes count against max_body as well, though they are not kept here. */
static int feed_sink(struct http_transfer *transfer, const char *data, size_t length)
{
    size_t *taken = &transfer->response.body_length;
    if (length > transfer->max_body - *taken)
        return append_body(transfer, data, length);
    *taken += length;
    if (transfer->sink->write(transfer->sink, data, length) != 0)
        return fail(transfer, HTTP_SINK, "the answer's body was refused");
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http_transfer *transfer = user;
    size_t length = size * count;
    long status = 0;
    curl_easy_getinfo(transfer->multi.easy, CURLINFO_RESPONSE_CODE, &status);
    bool to_sink = transfer->sink && status / 100 == 2;
    int result = to_sink ? feed_sink(transfer, data, length) : append_body(transfer, data, length);
    return result == 0 ? length : 0;
}

/* ---- start and end ---- */

static const char *system_bundle(void)
{
    static const char *const places[] = {
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Amazon Linux */
        "/etc/ssl/certs/ca-certificates.crt", /* Debian */
        "/etc/ssl/cert.pem",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

/* Gives a TLS context the store of the program's roots, in place of one of its own. */
static CURLcode use_amazon_roots(CURL *easy, void *context, void *user)
{
    (void)easy, (void)user;
    X509_STORE *store = roots_store();
    if (!store)
        return CURLE_OUT_OF_MEMORY;
    SSL_CTX_set1_cert_store(context, store);
    return CURLE_OK;
}

static void set_trust(CURL *easy, const struct http_request *request)
{
    const char *file = request->ca_file ? request->ca_file : system_bundle();
    if (request->trust == HTTP_TRUST_AMAZON || !file)
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_amazon_roots);
    else
        curl_easy_setopt(easy, CURLOPT_CAINFO, file);
}

/*
 * By itself libcurl repeats a request, up to five times, whose kept connection broke before the
 * answer. How often it is sent is for the caller to say, and to count.
 */
static int before_request(void *user, char *remote, char *local, int remote_port, int local_port)
{
    struct http_transfer *transfer = user;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (transfer->sent) {
        fail(transfer, HTTP_CONNECT, "the kept connection broke before an answer came");
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->sent = true;
    return CURL_PREREQFUNC_OK;
}

static void set_method(CURL *easy, const struct http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
}

/* Copies the header lines, and takes back those that libcurl would add by itself. */
static struct curl_slist *header_list(const struct http_request *request)
{
    static const char *const unwanted[] = {"Expect:", "Accept:", "Content-Type:"};
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < request->header_count + 3; i++) {
        const char *line = i < 3 ? unwanted[i] : request->headers[i - 3];
        struct curl_slist *longer = curl_slist_append(list, line);
        if (!longer) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

static void configure(struct http_transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->multi.easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_message);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* the path is signed as it stands */
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->fresh);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (request->direct)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (strncasecmp(request->url, "https:", 6) == 0)
        set_trust(easy, request);
    set_method(easy, request);
}

static CURL *take_handle(struct http *http)
{
    return http->spare_count ? http->spare[--http->spare_count] : curl_easy_init();
}

static void keep_handle(struct http *http, CURL *easy)
{
    if (!easy)
        return;
    if (http->spare_count == SPARE_HANDLES) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    http->spare[http->spare_count++] = easy;
}

static enum http_outcome outcome_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_RESOLVE;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_FAIL_REWIND:
        return HTTP_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        return HTTP_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return HTTP_MEMORY;
    default:
        return HTTP_PROTOCOL;
    }
}

static void on_ended(struct multi_transfer *ended, CURLcode code)
{
    struct http_transfer *transfer = (struct http_transfer *)ended;
    curl_easy_getinfo(ended->easy, CURLINFO_RESPONSE_CODE, &transfer->response.status);
    if (transfer->outcome == HTTP_OK && code != CURLE_OK) {
        const char *said = transfer->curl_message;
        fail(transfer, outcome_of(code), *said ? said : curl_easy_strerror(code));
    }
    /* libcurl takes the head that a closed connection leaves for a whole one. */
    if (transfer->outcome == HTTP_OK && !transfer->head_ended)
        fail(transfer, HTTP_PROTOCOL, "the connection was closed within the answer's head");
    transfer->finished(transfer->user);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 void (*finished)(void *user), void *user)
{
    struct http_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    transfer->http = http;
    transfer->sink = request->sink;
    transfer->max_body = request->max_body;
    transfer->finished = finished;
    transfer->user = user;
    transfer->multi.ended = on_ended;
    if (!(transfer->multi.easy = take_handle(http)) || !(transfer->headers = header_list(request)))
        goto failed;
    configure(transfer, request);
    if (multi_start(http->multi, &transfer->multi) != 0)
        goto failed;
    return transfer;

failed:
    http_transfer_free(transfer);
    return NULL;
}

void http_transfer_free(struct http_transfer *transfer)
{
    if (!transfer)
        return;
    multi_stop(&transfer->multi);
    keep_handle(transfer->http, transfer->multi.easy);
    curl_slist_free_all(transfer->headers);
    clear_response(transfer);
    free(transfer);
}

/* ---- what came of it ---- */

enum http_outcome http_outcome(const struct http_transfer *transfer)
{
    return transfer->outcome;
}

const char *http_message(const struct http_transfer *transfer)
{
    return transfer->message;
}

const struct http_response *http_response(const struct http_transfer *transfer)
{
    return &transfer->response;
}
