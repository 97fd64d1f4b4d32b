/* Text to scalar and back; see scalar.h. */
#include "scalar.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A reading position in a text that does not end in NUL. */
struct cursor {
    const char *at, *end;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct cursor trimmed(const char *text, size_t length)
{
    struct cursor c = {text, text + length};
    while (c.at < c.end && is_space(*c.at))
        c.at++;
    while (c.at < c.end && is_space(c.end[-1]))
        c.end--;
    return c;
}

/* ---- numbers ---------------------------------------------------------------------------- */

bool scalar_integer(const char *text, size_t length, double *out)
{
    struct cursor c = trimmed(text, length);
    bool negative = c.at < c.end && *c.at == '-';
    if (c.at < c.end && (*c.at == '-' || *c.at == '+'))
        c.at++;
    if (c.at == c.end)
        return false;
    if (c.end - c.at > 18) { /* too long for 64 bits: let strtod round it */
        for (const char *p = c.at; p < c.end; p++)
            if (!is_digit(*p))
                return false;
        double number;
        if (!scalar_float(text, length, &number) || isinf(number))
            return false;
        *out = number;
        return true;
    }
    int64_t value = 0;
    for (; c.at < c.end; c.at++) {
        if (!is_digit(*c.at))
            return false;
        value = value * 10 + (*c.at - '0');
    }
    *out = (double)(negative ? -value : value);
    return true;
}

static bool special_float(struct cursor c, double *out)
{
    static const struct {
        const char *name;
        double value;
    } specials[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    size_t length = (size_t)(c.end - c.at);
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        if (length == strlen(specials[i].name) && memcmp(c.at, specials[i].name, length) == 0) {
            *out = specials[i].value;
            return true;
        }
    }
    return false;
}

bool scalar_float(const char *text, size_t length, double *out)
{
    struct cursor c = trimmed(text, length);
    char copy[400]; /* strtod wants a NUL; the longest useful decimal is far shorter */
    size_t size = (size_t)(c.end - c.at);
    if (size == 0 || size >= sizeof copy)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_digit(c.at[i]) && strchr("+-.eE", c.at[i]) == NULL)
            return special_float(c, out);
    memcpy(copy, c.at, size);
    copy[size] = '\0';
    char *rest;
    double value = strtod(copy, &rest);
    if (rest != copy + size)
        return false;
    *out = value;
    return true;
}

/* ---- timestamps ------------------------------------------------------------------------- */

static bool skip(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

/* Reads between `least` and `most` digits. */
static bool digits(struct cursor *c, int least, int most, int *out)
{
    int value = 0, count = 0;
    while (c->at < c->end && count < most && is_digit(*c->at)) {
        value = value * 10 + (*c->at++ - '0');
        count++;
    }
    *out = value;
    return count >= least;
}

/* Days from 1970-01-01 to the given day of the proleptic Gregorian calendar, counting years from
 * March so that the leap day comes last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct instant {
    int year, month, day, hour, minute, second;
    double fraction;
    int offset; /* seconds east of UTC */
};

static bool instant_seconds(const struct instant *t, double *out)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (t->month < 1 || t->month > 12 || t->day < 1 || t->day > lengths[t->month - 1])
        return false;
    bool leap = (t->year % 4 == 0 && t->year % 100 != 0) || t->year % 400 == 0;
    if (t->month == 2 && t->day == 29 && !leap)
        return false;
    if (t->hour > 23 || t->minute > 59 || t->second > 60)
        return false;
    int64_t seconds = days_from_civil(t->year, t->month, t->day) * 86400 + t->hour * 3600 +
                      t->minute * 60 + t->second - t->offset;
    *out = (double)seconds + t->fraction;
    return true;
}

/* ":MM[:SS[.fraction]]" after the hour. */
static bool read_clock(struct cursor *c, struct instant *t)
{
    if (!digits(c, 1, 2, &t->hour) || !skip(c, ':') || !digits(c, 2, 2, &t->minute))
        return false;
    if (!skip(c, ':'))
        return true;
    if (!digits(c, 2, 2, &t->second))
        return false;
    if (skip(c, '.')) {
        const char *first = c->at;
        int64_t numerator = 0, denominator = 1;
        for (; c->at < c->end && is_digit(*c->at); c->at++) {
            if (denominator < 1000000000000) {
                numerator = numerator * 10 + (*c->at - '0');
                denominator *= 10;
            }
        }
        t->fraction = (double)numerator / (double)denominator;
        return c->at > first;
    }
    return true;
}

/* "Z", "GMT", "UTC", "+HH:MM", "+HHMM", "+HH", or nothing (UTC), up to the end of the text. */
static bool read_zone(struct cursor *c, struct instant *t)
{
    size_t left = (size_t)(c->end - c->at);
    if (left == 0 || (left == 1 && (*c->at == 'Z' || *c->at == 'z')) ||
        (left == 3 && (memcmp(c->at, "GMT", 3) == 0 || memcmp(c->at, "UTC", 3) == 0)))
        return true;
    bool west = *c->at == '-';
    if (!west && *c->at != '+')
        return false;
    c->at++;
    int hours = 0, minutes = 0;
    if (!digits(c, 2, 2, &hours))
        return false;
    skip(c, ':');
    if (c->at < c->end && !digits(c, 2, 2, &minutes))
        return false;
    t->offset = (hours * 60 + minutes) * (west ? -60 : 60);
    return c->at == c->end;
}

/* 2024-02-29T12:34:56.789Z */
static bool read_iso8601(struct cursor c, double *out)
{
    struct instant t = {0};
    if (!digits(&c, 4, 4, &t.year) || !skip(&c, '-') || !digits(&c, 2, 2, &t.month) ||
        !skip(&c, '-') || !digits(&c, 2, 2, &t.day))
        return false;
    if (c.at < c.end) {
        if (!skip(&c, 'T') && !skip(&c, 't') && !skip(&c, ' '))
            return false;
        if (!read_clock(&c, &t) || !read_zone(&c, &t))
            return false;
    }
    return instant_seconds(&t, out);
}

static int month_number(struct cursor *c)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (c->end - c->at < 3)
        return 0;
    for (int month = 1; month <= 12; month++) {
        if (memcmp(c->at, names + (month - 1) * 3, 3) == 0) {
            c->at += 3;
            return month;
        }
    }
    return 0;
}

/* "Thu, 29 Feb 2024 12:34:56 GMT"; the weekday is optional and not checked. */
static bool read_rfc822(struct cursor c, double *out)
{
    struct instant t = {0};
    const char *comma = memchr(c.at, ',', (size_t)(c.end - c.at));
    if (comma)
        c.at = comma + 1;
    skip(&c, ' ');
    if (!digits(&c, 1, 2, &t.day) || (!skip(&c, ' ') && !skip(&c, '-')))
        return false;
    t.month = month_number(&c);
    if ((!skip(&c, ' ') && !skip(&c, '-')) || !digits(&c, 4, 4, &t.year) || !skip(&c, ' ') ||
        !read_clock(&c, &t))
        return false;
    skip(&c, ' ');
    return read_zone(&c, &t) && instant_seconds(&t, out);
}

bool scalar_timestamp(const char *text, size_t length, double *out)
{
    struct cursor c = trimmed(text, length);
    if (c.end - c.at > 4 && c.at[4] == '-' && is_digit(c.at[0]))
        return read_iso8601(c, out);
    double seconds;
    if (scalar_float(text, length, &seconds)) {
        if (!isfinite(seconds))
            return false;
        *out = seconds;
        return true;
    }
    return read_rfc822(c, out);
}

/* ---- base64 ----------------------------------------------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t scalar_base64_size(size_t length)
{
    return (length + 2) / 3 * 4;
}

void scalar_base64_encode(const char *data, size_t length, char *out)
{
    const unsigned char *in = (const unsigned char *)data;
    for (; length >= 3; in += 3, length -= 3) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    if (length > 0) {
        uint32_t group = (uint32_t)in[0] << 16 | (length == 2 ? (uint32_t)in[1] << 8 : 0);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = length == 2 ? alphabet[group >> 6 & 63] : '=';
        *out = '=';
    }
}

enum { NO_SEXTET = 64 };

/* The six bits that a character stands for; made at the first use. */
static unsigned char sextets[256];

static void make_sextets(void)
{
    if (sextets[0] == NO_SEXTET)
        return;
    memset(sextets, NO_SEXTET, sizeof sextets);
    for (unsigned char i = 0; i < NO_SEXTET; i++)
        sextets[(unsigned char)alphabet[i]] = i;
}

static uint32_t sextet(char c)
{
    return sextets[(unsigned char)c];
}

/* Decodes groups of four characters up to anything else; returns how many characters that are. */
static size_t decode_groups(const char *text, size_t length, char *out)
{
    size_t at = 0;
    for (; length - at >= 4; at += 4) {
        uint32_t a = sextet(text[at]), b = sextet(text[at + 1]), c = sextet(text[at + 2]),
                 d = sextet(text[at + 3]), group = a << 18 | b << 12 | c << 6 | d;
        if ((a | b | c | d) & NO_SEXTET)
            break;
        *out++ = (char)(group >> 16);
        *out++ = (char)(group >> 8);
        *out++ = (char)group;
    }
    return at;
}

ptrdiff_t scalar_base64_decode(const char *text, size_t length, char *out)
{
    char *first = out;
    uint32_t group = 0;
    size_t count = 0, padding = 0;
    make_sextets();
    for (size_t i = 0; i < length; i++) {
        if (count % 4 == 0 && !padding) {
            size_t taken = decode_groups(text + i, length - i, out);
            out += taken / 4 * 3;
            i += taken;
            if (i == length)
                break;
        }
        if (is_space(text[i]))
            continue;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        uint32_t value = sextet(text[i]);
        if (value == NO_SEXTET || padding > 0)
            return -1;
        group = group << 6 | value;
        if (++count % 4 == 0) {
            *out++ = (char)(group >> 16);
            *out++ = (char)(group >> 8);
            *out++ = (char)group;
        }
    }
    size_t left = count % 4;
    if (left == 1 || padding > 2 || (padding > 0 && (left + padding) != 4))
        return -1;
    if (left >= 2) {
        group <<= 6 * (4 - left);
        *out++ = (char)(group >> 16);
        if (left == 3)
            *out++ = (char)(group >> 8);
    }
    return out - first;
}
