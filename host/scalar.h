/*
 * The scalar forms that AWS's protocols write as text: numbers, timestamps, base64. Pure: no
 * allocation, no locale, no time zone. Text is a pointer with a length and need not end in NUL.
 */
#ifndef LUALAMBDA_SCALAR_H
#define LUALAMBDA_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

/* An optional sign and digits, white space around it allowed. False, `*out` untouched, if it is
 * not one. Beyond 2^53 the nearest double is given. */
bool scalar_integer(const char *text, size_t length, double *out);

/* A decimal number, or "NaN", "Infinity", "-Infinity"; white space around it allowed. */
bool scalar_float(const char *text, size_t length, double *out);

/* An instant in any of the three forms (RFC 3339, RFC 9110 section 5.6.7, seconds since 1970).
 * `*out` is in seconds since 1970-01-01T00:00:00Z, the fraction kept. */
bool scalar_timestamp(const char *text, size_t length, double *out);

/* The size that scalar_base64_encode writes for `length` bytes. */
size_t scalar_base64_size(size_t length);

/* Writes the padded base64 of `data` (RFC 4648 section 4); `out` holds scalar_base64_size bytes. */
void scalar_base64_encode(const char *data, size_t length, char *out);

/* Decodes base64, white space skipped, padding optional; `out` holds length / 4 * 3 + 3 bytes and
 * may be `text` itself. Returns the bytes written, or -1 when `text` is not base64. */
ptrdiff_t scalar_base64_decode(const char *text, size_t length, char *out);

#endif
