/*
 * The XML reader along a shape with one of everything: what is opened is closed, strings lie in
 * their text, and a document that is cut into pieces is read as the same.
 */
#include "xml.h"

#include "fuzz.h"

enum {
    DOCUMENT,
    NODE,
    TEXT,
    INTEGER,
    FLOAT,
    BOOLEAN,
    TIME,
    BLOB,
    LIST,
    MAP,
    UNION,
    UNKNOWN,
    COUNT
};

struct reading {
    int depth;
    uint64_t hash; /* of all values; not of the counts, which depend on the rows */
    bool good;
};

static void add(uint64_t *hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ ((const unsigned char *)data)[i]) * 1099511628211u;
}

static void check_event(struct reading *reading, const struct xml_event *event, const char *text)
{
    add(&reading->hash, &event->op, sizeof event->op);
    add(&reading->hash, &event->name, sizeof event->name);
    switch (event->op) {
    case XML_OPEN_TABLE:
    case XML_OPEN_LIST:
    case XML_REOPEN_TABLE:
    case XML_REOPEN_LIST:
    case XML_OPEN_ENTRY:
        reading->depth++;
        break;
    case XML_CLOSE:
        HOLDS(reading->depth-- > 0);
        break;
    case XML_STRING:
        add(&reading->hash, text + event->string.offset, event->string.length);
        break;
    case XML_NUMBER:
        add(&reading->hash, &event->number, sizeof event->number);
        break;
    case XML_BOOLEAN:
        add(&reading->hash, &event->boolean, sizeof event->boolean);
        break;
    }
}

static bool consume(void *user, const struct xml_event *events, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        check_event(user, &events[i], text);
    return true;
}

static uint32_t position;

static void define(struct shape_set *set, size_t index, enum shape_kind kind, uint32_t members)
{
    HOLDS(shape_set_define(set, index, kind, members));
    position = 0;
}

static void member(struct shape_set *set, size_t index, const char *tag, enum shape_form form,
                   size_t target)
{
    HOLDS(shape_set_member(set, index, position, tag, strlen(tag), position + 1, form, target));
    position++;
}

static struct shape_set *make_shapes(void)
{
    struct shape_set *set = shape_set_new(COUNT);
    HOLDS(set);
    define(set, DOCUMENT, SHAPE_STRUCTURE, 2);
    member(set, DOCUMENT, "root", SHAPE_ELEMENT, NODE);
    member(set, DOCUMENT, "*", SHAPE_ELEMENT, UNION);
    define(set, NODE, SHAPE_STRUCTURE, 14);
    member(set, NODE, "text", SHAPE_ELEMENT, TEXT);
    member(set, NODE, "int", SHAPE_ELEMENT, INTEGER);
    member(set, NODE, "float", SHAPE_ELEMENT, FLOAT);
    member(set, NODE, "bool", SHAPE_ELEMENT, BOOLEAN);
    member(set, NODE, "time", SHAPE_ELEMENT, TIME);
    member(set, NODE, "blob", SHAPE_ELEMENT, BLOB);
    member(set, NODE, "list", SHAPE_ELEMENT, LIST);
    member(set, NODE, "flat", SHAPE_FLATTENED, LIST);
    member(set, NODE, "map", SHAPE_ELEMENT, MAP);
    member(set, NODE, "dict", SHAPE_FLATTENED, MAP);
    member(set, NODE, "child", SHAPE_ELEMENT, NODE);
    member(set, NODE, "union", SHAPE_ELEMENT, UNION);
    member(set, NODE, "xml:lang", SHAPE_ATTRIBUTE, TEXT);
    member(set, NODE, "size", SHAPE_ATTRIBUTE, INTEGER);
    define(set, TEXT, SHAPE_STRING, 0);
    define(set, INTEGER, SHAPE_INTEGER, 0);
    define(set, FLOAT, SHAPE_FLOAT, 0);
    define(set, BOOLEAN, SHAPE_BOOLEAN, 0);
    define(set, TIME, SHAPE_TIMESTAMP, 0);
    define(set, BLOB, SHAPE_BLOB, 0);
    define(set, LIST, SHAPE_LIST, 1);
    member(set, LIST, "item", SHAPE_ELEMENT, NODE);
    define(set, MAP, SHAPE_MAP, 2);
    member(set, MAP, "key", SHAPE_ELEMENT, TEXT);
    member(set, MAP, "value", SHAPE_ELEMENT, NODE);
    define(set, UNION, SHAPE_UNION, 3);
    member(set, UNION, "one", SHAPE_ELEMENT, TEXT);
    member(set, UNION, "two", SHAPE_ELEMENT, NODE);
    member(set, UNION, "*", SHAPE_ELEMENT, UNKNOWN);
    define(set, UNKNOWN, SHAPE_UNKNOWN, 1);
    member(set, UNKNOWN, "name", SHAPE_ELEMENT, TEXT);
    HOLDS(shape_set_seal(set));
    return set;
}

static struct reading read_document(const struct shape *document, const uint8_t *data, size_t size,
                                    uint32_t seed)
{
    struct reading reading = {.hash = 14695981039346656037u};
    struct xml_reader *reader = xml_reader_new(document, consume, &reading);
    HOLDS(reader);
    reading.good = true;
    do {
        size_t length = seed ? piece_size(&seed, size) : size;
        char *piece = exact_copy(data, length);
        data += length;
        size -= length;
        reading.good = xml_reader_feed(reader, piece, length, size == 0);
        free(piece);
    } while (reading.good && size);
    HOLDS(reading.good == (*xml_reader_error(reader) == '\0'));
    HOLDS(!reading.good || reading.depth == 0);
    xml_reader_free(reader);
    return reading;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shape_set *set;
    if (!set)
        set = make_shapes();
    uint32_t seed = take_byte(&data, &size) + 1u;
    const struct shape *document = shape_set_get(set, DOCUMENT);
    struct reading whole = read_document(document, data, size, 0);
    struct reading pieces = read_document(document, data, size, seed);
    HOLDS(whole.good == pieces.good);
    HOLDS(!whole.good || whole.hash == pieces.hash);
    return 0;
}
