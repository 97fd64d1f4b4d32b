/* Expat's callbacks along a shape; see xml.h. */
#include "xml.h"

#include <expat.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "late_relocations.h"
#include "scalar.h"

enum {
    ROW = 2048,       /* events */
    ROW_MARGIN = 128, /* more than one callback of expat's adds */
    NO_EVENT = UINT32_MAX,
    MAX_FRAMES = 2 * XML_MAX_DEPTH + 1, /* a flattened element opens two */
};

/* What an open element is to its children. */
enum frame_kind {
    IN_STRUCTURE,
    IN_LIST,
    IN_MAP,
    IN_ENTRY,
    IN_SCALAR,
};

struct frame {
    enum frame_kind kind;
    bool paired;         /* opened together with the frame below, and closes with it */
    uint32_t name;       /* of this element in its parent */
    uint32_t open_event; /* number of its opening event while that is in the row, else NO_EVENT */
    uint64_t children;
    const struct shape *shape;
};

struct xml_reader {
    XML_Parser parser;
    xml_consumer *consume;
    void *user;
    size_t event_count;
    char *text;
    size_t text_length, text_room;
    size_t scalar_start; /* in `text`, of the open scalar */
    uint32_t depth;      /* of the frame in use */
    uint32_t elements;   /* open ones */
    uint32_t skipped;    /* of them, unknown: the outermost and all in it */
    bool failed;
    char error[256];
    struct frame frames[MAX_FRAMES];
    struct xml_event events[ROW];
};

static void fail(struct xml_reader *r, const char *format, ...)
{
    if (r->failed)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->error, sizeof r->error, format, arguments);
    va_end(arguments);
    r->failed = true;
    XML_StopParser(r->parser, XML_FALSE);
}

/* ---- the row of events and its text ------------------------------------------------------- */

static struct xml_event *add_event(struct xml_reader *r, enum xml_op op, uint32_t name)
{
    if (r->event_count == ROW) {
        fail(r, "too many attributes");
        r->event_count--;
    }
    struct xml_event *event = &r->events[r->event_count++];
    event->op = op;
    event->name = name;
    event->count = 0;
    return event;
}

static void add_text(struct xml_reader *r, const char *text, size_t length)
{
    if (r->text_length + length > r->text_room) {
        size_t room = r->text_room * 2 + length;
        char *grown = room < UINT32_MAX ? realloc(r->text, room) : NULL;
        if (!grown) {
            fail(r, "out of memory");
            return;
        }
        r->text = grown;
        r->text_room = room;
    }
    memcpy(r->text + r->text_length, text, length);
    r->text_length += length;
}

/* Hands the row over and begins a new one, which keeps the text of a scalar that is still open. */
static void consume(struct xml_reader *r)
{
    for (uint32_t i = 0; i <= r->depth; i++) {
        struct frame *frame = &r->frames[i];
        if (frame->open_event != NO_EVENT)
            r->events[frame->open_event].count = frame->children;
        frame->open_event = NO_EVENT;
    }
    if (!r->failed && !r->consume(r->user, r->events, r->event_count, r->text))
        fail(r, "the values were refused");
    r->event_count = 0;
    size_t kept = 0;
    if (r->frames[r->depth].kind == IN_SCALAR) {
        kept = r->text_length - r->scalar_start;
        memmove(r->text, r->text + r->scalar_start, kept);
    }
    r->text_length = kept;
    r->scalar_start = 0;
}

static void make_room(struct xml_reader *r)
{
    if (r->event_count > ROW - ROW_MARGIN)
        consume(r);
}

/* ---- frames ------------------------------------------------------------------------------- */

static void push(struct xml_reader *r, enum frame_kind kind, const struct shape *shape,
                 uint32_t name)
{
    struct frame *frame = &r->frames[++r->depth];
    frame->kind = kind;
    frame->paired = false;
    frame->name = name;
    frame->open_event = NO_EVENT;
    frame->children = 0;
    frame->shape = shape;
}

static void open_container(struct xml_reader *r, enum frame_kind kind, enum xml_op op,
                           const struct shape *shape, uint32_t name)
{
    /* A member that was opened before has been counted already, as far as that matters. */
    bool again = op == XML_REOPEN_LIST || op == XML_REOPEN_TABLE;
    if (!again || r->frames[r->depth].children == 0)
        r->frames[r->depth].children++;
    push(r, kind, shape, name);
    r->frames[r->depth].open_event = (uint32_t)r->event_count;
    add_event(r, op, name);
}

static void close_container(struct xml_reader *r)
{
    const struct frame *frame = &r->frames[r->depth--];
    if (frame->open_event != NO_EVENT)
        r->events[frame->open_event].count = frame->children;
    add_event(r, XML_CLOSE, frame->name);
    if (frame->kind == IN_STRUCTURE && frame->shape->kind == SHAPE_UNION && frame->children != 1)
        fail(r, "a union with %llu members", (unsigned long long)frame->children);
}

/* ---- scalars ------------------------------------------------------------------------------ */

static void add_string(struct xml_reader *r, uint32_t name, size_t start, size_t length)
{
    struct xml_event *event = add_event(r, XML_STRING, name);
    event->string.offset = (uint32_t)start;
    event->string.length = (uint32_t)length;
}

static void bad_scalar(struct xml_reader *r, const char *what, size_t start)
{
    size_t length = r->text_length - start;
    fail(r, "not %s: \"%.*s\"", what, length < 60 ? (int)length : 60, r->text + start);
}

/* A scalar of the given shape from the end of the text, which begins at `start`. An empty number,
 * timestamp or truth value counts as absent. */
static void add_scalar(struct xml_reader *r, const struct shape *shape, uint32_t name, size_t start)
{
    static const char *const what[] = {
        [SHAPE_INTEGER] = "an integer",
        [SHAPE_FLOAT] = "a number",
        [SHAPE_TIMESTAMP] = "a timestamp",
        [SHAPE_BLOB] = "base64",
    };
    char *text = r->text + start;
    size_t length = r->text_length - start;
    if (shape->kind == SHAPE_STRING) {
        add_string(r, name, start, length);
        return;
    }
    if (shape->kind == SHAPE_BLOB) {
        ptrdiff_t size = length ? scalar_base64_decode(text, length, text) : 0;
        if (size < 0)
            bad_scalar(r, what[SHAPE_BLOB], start);
        else
            add_string(r, name, start, (size_t)size);
        return;
    }
    if (length == 0)
        return;
    if (shape->kind == SHAPE_BOOLEAN) {
        add_event(r, XML_BOOLEAN, name)->boolean = length == 4 && memcmp(text, "true", 4) == 0;
        return;
    }
    double number = 0;
    bool good = shape->kind == SHAPE_INTEGER ? scalar_integer(text, length, &number)
                : shape->kind == SHAPE_FLOAT ? scalar_float(text, length, &number)
                                             : scalar_timestamp(text, length, &number);
    if (good)
        add_event(r, XML_NUMBER, name)->number = number;
    else
        bad_scalar(r, what[shape->kind], start);
}

/* ---- expat's callbacks -------------------------------------------------------------------- */

/* Whether an attribute as written is the one that the model calls `tag`: the local names are the
 * same, and both have a prefix or neither has. */
static bool same_attribute(const char *written, const char *tag)
{
    const char *written_colon = strchr(written, ':'), *tag_colon = strchr(tag, ':');
    if (!written_colon || !tag_colon)
        return strcmp(written, tag) == 0;
    return strcmp(written_colon, tag_colon) == 0;
}

static void add_attributes(struct xml_reader *r, const struct shape *shape, const char **attributes)
{
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        if (member->form != SHAPE_ATTRIBUTE)
            continue;
        for (const char **a = attributes; a[0]; a += 2) {
            if (same_attribute(a[0], member->tag)) {
                size_t start = r->text_length;
                add_text(r, a[1], strlen(a[1]));
                r->frames[r->depth].children++;
                add_scalar(r, member->shape, member->name, start);
            }
        }
    }
}

static void open_structure(struct xml_reader *r, const struct shape *shape, uint32_t name,
                           const char *tag, size_t length, const char **attributes)
{
    open_container(r, IN_STRUCTURE, XML_OPEN_TABLE, shape, name);
    if (shape->has_attributes)
        add_attributes(r, shape, attributes);
    if (shape->kind == SHAPE_UNKNOWN) {
        r->frames[r->depth].children++;
        add_text(r, tag, length);
        add_string(r, shape->members[0].name, r->text_length - length, length);
    }
}

static void open_value(struct xml_reader *r, const struct shape *shape, uint32_t name,
                       const char *tag, size_t length, const char **attributes)
{
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
    case SHAPE_UNION:
    case SHAPE_UNKNOWN:
        open_structure(r, shape, name, tag, length, attributes);
        break;
    case SHAPE_LIST:
        open_container(r, IN_LIST, XML_OPEN_LIST, shape, name);
        break;
    case SHAPE_MAP:
        open_container(r, IN_MAP, XML_OPEN_TABLE, shape, name);
        break;
    default:
        r->frames[r->depth].children++;
        push(r, IN_SCALAR, shape, name);
        r->scalar_start = r->text_length;
    }
}

static void open_member(struct xml_reader *r, const struct shape_member *member, const char *tag,
                        size_t length, const char **attributes)
{
    const struct shape *shape = member->shape;
    if (member->form != SHAPE_FLATTENED) {
        open_value(r, shape, member->name, tag, length, attributes);
        return;
    }
    if (shape->kind == SHAPE_MAP) {
        open_container(r, IN_MAP, XML_REOPEN_TABLE, shape, member->name);
        open_container(r, IN_ENTRY, XML_OPEN_ENTRY, shape, 0);
    } else {
        open_container(r, IN_LIST, XML_REOPEN_LIST, shape, member->name);
        open_value(r, shape->members[0].shape, 0, tag, length, attributes);
    }
    r->frames[r->depth].paired = true;
}

/* The member that an element fills; a prefix is cut off its tag only where the whole is unknown. */
static const struct shape_member *find(const struct shape *shape, const char **tag, size_t *length)
{
    const struct shape_member *member = shape_find(shape, *tag, *length);
    if (member && member != shape->other)
        return member;
    const char *colon = memchr(*tag, ':', *length);
    if (colon) {
        *length -= (size_t)(colon + 1 - *tag);
        *tag = colon + 1;
        member = shape_find(shape, *tag, *length);
    }
    return member;
}

static void on_start(void *data, const char *tag, const char **attributes)
{
    struct xml_reader *r = data;
    if (r->failed) /* expat may finish the token it is at */
        return;
    if (++r->elements > XML_MAX_DEPTH) {
        fail(r, "elements nested more than %d deep", XML_MAX_DEPTH);
        return;
    }
    if (r->skipped) {
        r->skipped++;
        return;
    }
    make_room(r);
    size_t length = strlen(tag);
    const struct frame *frame = &r->frames[r->depth];
    const struct shape_member *member;
    switch (frame->kind) {
    case IN_LIST:
        open_value(r, frame->shape->members[0].shape, 0, tag, length, attributes);
        return;
    case IN_MAP:
        open_container(r, IN_ENTRY, XML_OPEN_ENTRY, frame->shape, 0);
        return;
    case IN_STRUCTURE:
    case IN_ENTRY:
        member = find(frame->shape, &tag, &length);
        if (member) {
            open_member(r, member, tag, length, attributes);
            return;
        }
        break;
    case IN_SCALAR:
        break;
    }
    r->skipped = 1;
}

static void on_end(void *data, const char *tag)
{
    struct xml_reader *r = data;
    (void)tag;
    if (r->failed)
        return;
    r->elements--;
    if (r->skipped) {
        r->skipped--;
        return;
    }
    make_room(r);
    bool paired = r->frames[r->depth].paired;
    if (r->frames[r->depth].kind == IN_SCALAR) {
        const struct frame *frame = &r->frames[r->depth--];
        add_scalar(r, frame->shape, frame->name, r->scalar_start);
    } else {
        close_container(r);
    }
    if (paired)
        close_container(r);
}

static void on_text(void *data, const char *text, int length)
{
    struct xml_reader *r = data;
    if (r->frames[r->depth].kind == IN_SCALAR && !r->skipped && !r->failed)
        add_text(r, text, (size_t)length);
}

static void on_doctype(void *data, const char *name, const char *system, const char *public,
                       int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    fail(data, "a document type declaration");
}

/* ---- the reader --------------------------------------------------------------------------- */

struct xml_reader *xml_reader_new(const struct shape *document, xml_consumer *consume_row,
                                  void *user)
{
    struct xml_reader *r = malloc(sizeof *r);
    if (!r)
        return NULL;
    memset(r, 0,
           offsetof(struct xml_reader, frames)); /* the 60 kB behind are written before read */
    r->consume = consume_row;
    r->user = user;
    late_relocations_apply();
    r->parser = XML_ParserCreate("UTF-8");
    r->text_room = 1024;
    r->text = malloc(r->text_room);
    if (!r->parser || !r->text) {
        xml_reader_free(r);
        return NULL;
    }
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    r->frames[0] = (struct frame){.kind = IN_STRUCTURE, .shape = document, .open_event = NO_EVENT};
    return r;
}

void xml_reader_free(struct xml_reader *r)
{
    if (!r)
        return;
    if (r->parser)
        XML_ParserFree(r->parser);
    free(r->text);
    free(r);
}

bool xml_reader_feed(struct xml_reader *r, const char *data, size_t length, bool last)
{
    enum { MOST = 1 << 30 }; /* expat counts in int */
    do {
        size_t size = length < MOST ? length : MOST;
        if (r->failed)
            return false;
        if (XML_Parse(r->parser, data, (int)size, last && size == length) == XML_STATUS_ERROR)
            fail(r, "%s at line %lu, column %lu", XML_ErrorString(XML_GetErrorCode(r->parser)),
                 (unsigned long)XML_GetCurrentLineNumber(r->parser),
                 (unsigned long)XML_GetCurrentColumnNumber(r->parser) + 1);
        consume(r);
        data += size;
        length -= size;
    } while (length > 0);
    return !r->failed;
}

const char *xml_reader_error(const struct xml_reader *r)
{
    return r->error;
}
