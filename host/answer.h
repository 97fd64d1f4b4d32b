/*
 * An HTTP/1.1 answer, read out of a buffer that grows as its bytes arrive. It is strict: what does
 * not keep to the grammar is refused, not guessed at.
 *
 * Source: RFC 9112, sections 4 to 7; RFC 9110, section 5.
 */
#ifndef LUALAMBDA_ANSWER_H
#define LUALAMBDA_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_MOST_FIELDS = 64, ANSWER_LONGEST_HEAD = 65536 };

enum answer_state {
    ANSWER_MORE,  /* it has not all arrived */
    ANSWER_WHOLE, /* it has */
    ANSWER_BAD,   /* no HTTP/1.1, cut short, or larger than is allowed */
};

/* A part of the buffer. */
struct answer_slice {
    size_t start, length;
};

/* Zero it before the first call. */
struct answer {
    int status;
    struct answer_slice names[ANSWER_MOST_FIELDS], values[ANSWER_MOST_FIELDS];
    size_t field_count;
    struct answer_slice body; /* without the marks of its chunks */
    bool reusable;            /* the connection may carry another exchange */

    /* How far it has been read. */
    enum { IN_HEAD, IN_LENGTH, IN_CHUNKS, IN_TRAILER, UNTIL_CLOSE, AT_END } part;
    size_t at;     /* the first byte not yet read */
    size_t wanted; /* bytes of the body, where its length is known */
};

/*
 * Reads on. `data` holds all `length` bytes that have arrived, the same as before and perhaps more;
 * the marks of chunks are squeezed out of it in place. `closed`: no more will come. A body may have
 * `most` bytes. When it is whole, `at` is where it ends.
 */
enum answer_state answer_read(struct answer *answer, char *data, size_t length, bool closed,
                              size_t most);

#endif
