/*
 * What floor_loop.c does with each event when it is built with -DWORK=describe_instances: one
 * signed DescribeInstances over HTTPS, with libcurl as its manual shows it, and the same roots,
 * signer and settings as bootstrap has. The answer is read, and not decoded.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../host/roots.h"
#include "../../host/sigv4.h"

#define TEXT(literal) ((struct sigv4_slice){(literal), sizeof(literal) - 1})

void describe_instances(void);

static const char body[] = "Action=DescribeInstances&MaxResults=1000&Version=2016-11-15";
static const char type[] = "application/x-www-form-urlencoded; charset=utf-8";

static struct sigv4_slice slice(const char *text)
{
    return (struct sigv4_slice){text, strlen(text)};
}

static void signature(const char *host, const char *now, struct sigv4_slice scope,
                      char out[SIGV4_HEX_SIZE])
{
    char canonical[2048], to_sign[512];
    struct sigv4_text text = {canonical, sizeof canonical, 0};
    struct sigv4_text string = {to_sign, sizeof to_sign, 0};
    struct sigv4_pair headers[] = {{TEXT("content-type"), slice(type)},
                                   {TEXT("host"), slice(host)},
                                   {TEXT("x-amz-date"), slice(now)}};
    struct sigv4_request request = {.method = TEXT("POST"),
                                    .path = TEXT("/"),
                                    .body = TEXT(body),
                                    .headers = headers,
                                    .header_count = 3,
                                    .double_encode = true,
                                    .normalize = true};
    struct sigv4_key key;
    sigv4_canonical_request(&text, &request);
    sigv4_string_to_sign(&string, now, scope, (struct sigv4_slice){canonical, text.length});
    sigv4_key_derive(&key, slice(getenv("AWS_SECRET_ACCESS_KEY")), now, slice(getenv("AWS_REGION")),
                     TEXT("ec2"));
    sigv4_signature(&key, (struct sigv4_slice){to_sign, string.length}, out);
}

static struct curl_slist *headers_of(const char *url)
{
    char host[256] = "", now[SIGV4_TIME_SIZE], scope[128], hex[SIGV4_HEX_SIZE], line[1024];
    struct sigv4_text text = {scope, sizeof scope, 0};
    sscanf(url, "https://%255[^/]", host);
    sigv4_time(time(NULL), now);
    sigv4_scope(&text, now, slice(getenv("AWS_REGION")), TEXT("ec2"));
    signature(host, now, (struct sigv4_slice){scope, text.length}, hex);
    snprintf(line, sizeof line,
             "Authorization: AWS4-HMAC-SHA256 Credential=%s/%.*s, "
             "SignedHeaders=content-type;host;x-amz-date, Signature=%s",
             getenv("AWS_ACCESS_KEY_ID"), (int)text.length, scope, hex);
    struct curl_slist *list = curl_slist_append(NULL, line);
    snprintf(line, sizeof line, "X-Amz-Date: %s", now);
    list = curl_slist_append(list, line);
    snprintf(line, sizeof line, "Content-Type: %s", type);
    return curl_slist_append(list, line);
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

void describe_instances(void)
{
    const char *url = getenv("AWS_ENDPOINT_URL");
    struct curl_blob roots = {(void *)amazon_roots_pem, amazon_roots_pem_size, CURL_BLOB_NOCOPY};
    long status = 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &roots);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_of(url));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
        fprintf(stderr, "floor_https: %s (%ld)\n", curl_easy_strerror(code), status);
        exit(1);
    }
}
