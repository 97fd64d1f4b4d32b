/*
 * The canonicaliser: it writes no more than it is given room for and needs as much as it said; what
 * it has made canonical stays as it is.
 */
#include "sigv4.h"

#include <stdbool.h>

#include "fuzz.h"

enum { MOST_PAIRS = 64 };

typedef void writer(struct sigv4_text *out, const void *what);

/* Runs a stage twice: without any room, and with just enough. The caller frees the text. */
static struct sigv4_text written(writer *write, const void *what)
{
    struct sigv4_text text = {0};
    write(&text, what);
    size_t length = text.length;
    text = (struct sigv4_text){.data = malloc(length ? length : 1), .capacity = length};
    HOLDS(text.data);
    write(&text, what);
    HOLDS(text.length <= length); /* less where a "/.." takes back what has now been written */
    return text;
}

static struct sigv4_slice slice_of(const struct sigv4_text *text)
{
    return (struct sigv4_slice){text->data, text->length};
}

static bool same(const struct sigv4_text *a, const struct sigv4_text *b)
{
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

struct path {
    struct sigv4_slice path;
    bool double_encode, normalize;
};

static void write_path(struct sigv4_text *out, const void *what)
{
    const struct path *path = what;
    sigv4_canonical_path(out, path->path, path->double_encode, path->normalize);
}

static void check_path(struct sigv4_slice path, bool double_encode, bool normalize)
{
    struct sigv4_text text = written(write_path, &(struct path){path, double_encode, normalize});
    HOLDS(text.length > 0);
    if (normalize) {
        HOLDS(text.data[0] == '/');
        HOLDS(!memmem(text.data, text.length, "//", 2));
        HOLDS(!memmem(text.data, text.length, "/../", 4) &&
              !memmem(text.data, text.length, "/./", 3));
    }
    for (size_t i = 0; double_encode && i < text.length; i++)
        HOLDS(text.data[i] > ' ' && text.data[i] < 127);
    free(text.data);
}

struct pairs {
    struct sigv4_pair pairs[MOST_PAIRS];
    size_t count;
};

static void write_query(struct sigv4_text *out, const void *what)
{
    struct pairs copy = *(const struct pairs *)what;
    sigv4_canonical_query(out, copy.pairs, copy.count);
}

static struct sigv4_text canonical_query(struct sigv4_slice query)
{
    struct pairs pairs = {0};
    size_t count = sigv4_split_query(query, pairs.pairs, MOST_PAIRS);
    pairs.count = count < MOST_PAIRS ? count : MOST_PAIRS;
    return written(write_query, &pairs);
}

static void check_query(struct sigv4_slice query)
{
    struct sigv4_text once = canonical_query(query), twice = canonical_query(slice_of(&once));
    HOLDS(same(&once, &twice));
    free(once.data);
    free(twice.data);
}

static void write_headers(struct sigv4_text *out, const void *what)
{
    const struct pairs *headers = what;
    sigv4_canonical_headers(out, headers->pairs, headers->count);
    sigv4_signed_headers(out, headers->pairs, headers->count);
}

/* Header lines, "name:value" each. */
static struct pairs split_headers(struct sigv4_slice text)
{
    struct pairs headers = {0};
    const char *at = text.data, *end = at + text.length;
    while (at < end && headers.count < MOST_PAIRS) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line ? line : end, *colon = memchr(at, ':', (size_t)(stop - at));
        if (colon)
            headers.pairs[headers.count++] = (struct sigv4_pair){
                {at, (size_t)(colon - at)}, {colon + 1, (size_t)(stop - colon - 1)}};
        at = line ? line + 1 : end;
    }
    return headers;
}

static void check_headers(struct sigv4_slice lines)
{
    struct pairs headers = split_headers(lines);
    size_t before = headers.count;
    headers.count = sigv4_select_headers(headers.pairs, headers.count);
    HOLDS(headers.count <= before);
    free(written(write_headers, &headers).data);
}

static void write_request(struct sigv4_text *out, const void *what)
{
    sigv4_canonical_request(out, what);
}

static void check_request(struct sigv4_slice path, struct sigv4_slice lines, bool encode)
{
    struct pairs headers = split_headers(lines);
    headers.count = sigv4_select_headers(headers.pairs, headers.count);
    struct sigv4_request request = {.method = {"GET", 3},
                                    .path = path,
                                    .body = lines,
                                    .headers = headers.pairs,
                                    .header_count = headers.count,
                                    .double_encode = encode,
                                    .normalize = encode};
    free(written(write_request, &request).data);
}

/* A byte of choices, the path, "?", the query, "\n" and header lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t choice = take_byte(&data, &size);
    char *text = exact_copy(data, size), *end = text + size;
    char *line = memchr(text, '\n', size);
    char *target_end = line ? line : end;
    char *mark = memchr(text, '?', (size_t)(target_end - text));
    char *path_end = mark ? mark : target_end;
    struct sigv4_slice path = {text, (size_t)(path_end - text)};
    struct sigv4_slice query = {mark ? mark + 1 : target_end,
                                mark ? (size_t)(target_end - mark - 1) : 0};
    struct sigv4_slice lines = {line ? line + 1 : end, line ? (size_t)(end - line - 1) : 0};

    check_path(path, choice & 1, choice & 2);
    check_query(query);
    check_headers(lines);
    check_request(path, lines, choice & 1);
    free(text);
    return 0;
}
