/*
 * XML to values, steered by a shape: expat parses the chunks of a document as they come, and what
 * the shape knows leaves as rows of events from which a consumer builds its own values. No tree is
 * made, and what the shape does not know is passed over.
 *
 * The document itself is a structure whose members are the roots it may have. Namespace prefixes
 * are dropped. A document type declaration is refused, and with it every entity of the sender's.
 */
#ifndef LUALAMBDA_XML_H
#define LUALAMBDA_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shape.h"

enum { XML_MAX_DEPTH = 256 }; /* elements within each other, the unknown ones counted */

enum xml_op {
    /* Containers. A structure or map gets `count` members, a list `count` elements, as far as they
     * are in the same row; a reopened one is found where it was closed before. */
    XML_OPEN_TABLE,
    XML_OPEN_LIST,
    XML_REOPEN_TABLE,
    XML_REOPEN_LIST,
    XML_OPEN_ENTRY, /* of a map; its two children are named 0, the key, and 1, the value */
    XML_CLOSE,      /* whatever was opened last */
    /* Scalars. */
    XML_STRING,
    XML_NUMBER,
    XML_BOOLEAN,
};

struct xml_event {
    enum xml_op op;
    uint32_t name; /* the member of the structure, or part of the entry, that this is */
    union {
        uint64_t count;
        double number;
        bool boolean;
        struct {
            uint32_t offset, length; /* within the row's text */
        } string;
    };
};

/* Takes a row of events, in the document's order, and the text that its strings lie in; both only
 * stand during the call. Called from within expat, so it must return. False ends the reading. */
typedef bool xml_consumer(void *user, const struct xml_event *events, size_t count,
                          const char *text);

struct xml_reader;

/* Makes a reader. `document` is a sealed structure and must outlive the reader. NULL when memory
 * is short. */
struct xml_reader *xml_reader_new(const struct shape *document, xml_consumer *consume, void *user);

/* Frees a reader. Takes NULL. */
void xml_reader_free(struct xml_reader *reader);

/* Reads a chunk, `last` with the final one; all it held has been consumed when this returns. False
 * when the document is no good or was refused; the reader is then of no more use. */
bool xml_reader_feed(struct xml_reader *reader, const char *data, size_t length, bool last);

/* What was wrong, one line; owned by the reader. "" as long as nothing is. */
const char *xml_reader_error(const struct xml_reader *reader);

#endif
