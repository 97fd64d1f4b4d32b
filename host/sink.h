/* How the body of an HTTP answer leaves http.c without http.c knowing who consumes it. */
#ifndef LUALAMBDA_SINK_H
#define LUALAMBDA_SINK_H

#include <stddef.h>

/* Embedded as the FIRST member of the consumer's struct. */
struct sink {
    /* Takes one chunk, which is valid only during the call. Returns 0, or -1 to abort the transfer
     * (the consumer keeps its own error). */
    int (*write)(struct sink *self, const char *data, size_t length);
};

#endif
