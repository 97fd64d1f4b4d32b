#include "answer.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* ---- the head ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 9110, section 5.6.2: tchar. */
static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || is_digit(c) ||
           (c && strchr("!#$%&'*+.^_`|~", c));
}

/* Finds the end of the line that starts at `at`; SIZE_MAX where it has not arrived. */
static size_t line_end(const char *data, size_t at, size_t length)
{
    const char *end;
    for (; length > at && (end = memchr(data + at, '\r', length - at - 1)); at++) {
        at = (size_t)(end - data);
        if (end[1] == '\n')
            return at;
    }
    return SIZE_MAX;
}

/* Finds the empty line behind the head that starts at `at`; SIZE_MAX where it has not arrived. */
static size_t head_end(const char *data, size_t at, size_t length)
{
    size_t end;
    while ((end = line_end(data, at, length)) != SIZE_MAX && end > at)
        at = end + 2;
    return end;
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ]; the last space is often left out.
 */
static bool read_status(struct answer *answer, const char *line, size_t length)
{
    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ' ||
        !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) ||
        (length > 12 && line[12] != ' '))
        return false;
    answer->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    answer->reusable = line[7] != '0';
    return answer->status >= 100;
}

/* field-line = field-name ":" OWS field-value OWS; a folded line, which begins with a blank, is
 * none. */
static bool read_field(struct answer *answer, const char *data, size_t start, size_t end)
{
    size_t name = start;
    while (name < end && is_token(data[name]))
        name++;
    if (name == start || name == end || data[name] != ':' ||
        answer->field_count == ANSWER_MOST_FIELDS)
        return false;
    size_t value = name + 1;
    while (value < end && is_blank(data[value]))
        value++;
    while (end > value && is_blank(data[end - 1]))
        end--;
    if (memchr(data + value, '\r', end - value) || memchr(data + value, '\n', end - value) ||
        memchr(data + value, '\0', end - value))
        return false;
    answer->names[answer->field_count] = (struct answer_slice){start, name - start};
    answer->values[answer->field_count++] = (struct answer_slice){value, end - value};
    return true;
}

static bool slice_is(struct answer_slice slice, const char *data, const char *text)
{
    return slice.length == strlen(text) && strncasecmp(data + slice.start, text, slice.length) == 0;
}

/* Reads digits of a base; SIZE_MAX where there is anything else, nothing, or too much. */
static size_t read_number(const char *text, size_t length, unsigned base)
{
    size_t number = 0;
    for (size_t i = 0; i < length; i++) {
        char c = (char)(text[i] | 0x20);
        unsigned digit = is_digit(text[i])      ? (unsigned)(text[i] - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : base;
        if (digit >= base || number > (SIZE_MAX - digit) / base)
            return SIZE_MAX;
        number = number * base + digit;
    }
    return length ? number : SIZE_MAX;
}

/* RFC 9112, section 6.3: how long the body is. */
static bool read_framing(struct answer *answer, const char *data, size_t most)
{
    bool sized = false, chunked = false;
    for (size_t i = 0; i < answer->field_count; i++) {
        struct answer_slice value = answer->values[i];
        if (slice_is(answer->names[i], data, "content-length")) {
            size_t length = read_number(data + value.start, value.length, 10);
            if (length > most || (sized && length != answer->wanted))
                return false;
            answer->wanted = length;
            sized = true;
        } else if (slice_is(answer->names[i], data, "transfer-encoding")) {
            if (chunked || !slice_is(value, data, "chunked"))
                return false;
            chunked = true;
        } else if (slice_is(answer->names[i], data, "connection")) {
            if (slice_is(value, data, "close"))
                answer->reusable = false;
            else if (slice_is(value, data, "keep-alive"))
                answer->reusable = true;
        }
    }
    if (sized && chunked)
        return false;
    bool empty = answer->status == 204 || answer->status == 304;
    answer->body.start = answer->at;
    answer->part = empty ? AT_END : chunked ? IN_CHUNKS : sized ? IN_LENGTH : UNTIL_CLOSE;
    if (answer->part == UNTIL_CLOSE)
        answer->reusable = false;
    return true;
}

static enum answer_state read_head(struct answer *answer, const char *data, size_t length,
                                   size_t most)
{
    size_t start = answer->at;
    size_t end = head_end(data, start, length);
    if (end == SIZE_MAX)
        return length - start > ANSWER_LONGEST_HEAD ? ANSWER_BAD : ANSWER_MORE;
    if (end - start > ANSWER_LONGEST_HEAD)
        return ANSWER_BAD;

    size_t line = line_end(data, start, end + 2);
    if (!read_status(answer, data + start, line - start))
        return ANSWER_BAD;
    answer->field_count = 0;
    for (size_t at = line + 2; at < end; at = line + 2) {
        line = line_end(data, at, end);
        if (!read_field(answer, data, at, line))
            return ANSWER_BAD;
    }
    answer->at = end + 2;
    if (answer->status < 200) /* an interim answer: the real one's head follows */
        return answer->status == 101 ? ANSWER_BAD : ANSWER_WHOLE;
    return read_framing(answer, data, most) ? ANSWER_WHOLE : ANSWER_BAD;
}

/* ---- the body ---- */

/* Appends to the body what stands further on in the buffer. */
static void take(struct answer *answer, char *data, size_t length)
{
    memmove(data + answer->body.start + answer->body.length, data + answer->at, length);
    answer->body.length += length;
    answer->at += length;
}

/* chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF, RFC 9112, section 7.1. */
static enum answer_state read_chunk(struct answer *answer, char *data, size_t length, size_t most)
{
    size_t end = line_end(data, answer->at, length);
    if (end == SIZE_MAX)
        return length - answer->at > ANSWER_LONGEST_HEAD ? ANSWER_BAD : ANSWER_MORE;
    size_t digits = 0;
    while (answer->at + digits < end && data[answer->at + digits] != ';' &&
           !is_blank(data[answer->at + digits]))
        digits++;
    size_t size = read_number(data + answer->at, digits, 16);
    if (size > most - answer->body.length)
        return ANSWER_BAD;
    if (size == 0) {
        answer->at = end + 2;
        answer->part = IN_TRAILER;
        return ANSWER_WHOLE;
    }
    if (length - (end + 2) < size + 2)
        return ANSWER_MORE;
    answer->at = end + 2;
    take(answer, data, size);
    if (memcmp(data + answer->at, "\r\n", 2) != 0)
        return ANSWER_BAD;
    answer->at += 2;
    return ANSWER_WHOLE;
}

static enum answer_state read_trailer(struct answer *answer, const char *data, size_t length)
{
    for (;;) {
        size_t end = line_end(data, answer->at, length);
        if (end == SIZE_MAX)
            return length - answer->at > ANSWER_LONGEST_HEAD ? ANSWER_BAD : ANSWER_MORE;
        bool blank = end == answer->at;
        answer->at = end + 2;
        if (blank) {
            answer->part = AT_END;
            return ANSWER_WHOLE;
        }
    }
}

static enum answer_state read_length(struct answer *answer, size_t length)
{
    if (length - answer->at < answer->wanted)
        return ANSWER_MORE;
    answer->body.length = answer->wanted;
    answer->at += answer->wanted;
    answer->part = AT_END;
    return ANSWER_WHOLE;
}

static enum answer_state read_rest(struct answer *answer, size_t length, bool closed, size_t most)
{
    if (length - answer->body.start > most)
        return ANSWER_BAD;
    if (!closed)
        return ANSWER_MORE;
    answer->body.length = length - answer->body.start;
    answer->at = length;
    answer->part = AT_END;
    return ANSWER_WHOLE;
}

/* ANSWER_WHOLE: of the part. */
static enum answer_state read_part(struct answer *answer, char *data, size_t length, bool closed,
                                   size_t most)
{
    switch (answer->part) {
    case IN_HEAD:
        return read_head(answer, data, length, most);
    case IN_LENGTH:
        return read_length(answer, length);
    case IN_CHUNKS:
        return read_chunk(answer, data, length, most);
    case IN_TRAILER:
        return read_trailer(answer, data, length);
    case UNTIL_CLOSE:
        return read_rest(answer, length, closed, most);
    default:
        return ANSWER_WHOLE;
    }
}

enum answer_state answer_read(struct answer *answer, char *data, size_t length, bool closed,
                              size_t most)
{
    while (answer->part != AT_END) {
        enum answer_state state = read_part(answer, data, length, closed, most);
        if (state == ANSWER_MORE && closed)
            return ANSWER_BAD;
        if (state != ANSWER_WHOLE)
            return state;
    }
    return ANSWER_WHOLE;
}
