/*
 * The XML reader: what it makes of documents, however they are cut into chunks, and what it
 * refuses.
 *
 * A consumer writes the events down as text, which is compared: "{a=1 b=[x y]}" is a structure of a
 * number and a list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "shape.h"
#include "xml.h"

/* ---- a shape with one of everything ---- */

enum {
    DOCUMENT,
    ROOT,
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
    SHAPES
};

/* The names that the numbers of members stand for, in the order of their number less one. */
static const char *const names[] = {"root", "text", "integer", "float", "boolean", "time",  "blob",
                                    "list", "flat", "map",     "dict",  "child",   "union", "lang",
                                    "one",  "two",  "new",     "tag",   NULL};

static uint32_t number_of(const char *name)
{
    for (uint32_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i + 1;
    fail_msg("no name %s", name);
    return 0;
}

static uint32_t position;

static void define(struct shape_set *set, size_t index, enum shape_kind kind, uint32_t members)
{
    assert_true(shape_set_define(set, index, kind, members));
    position = 0;
}

static void member(struct shape_set *set, size_t index, const char *tag, const char *name,
                   size_t target, enum shape_form form)
{
    uint32_t number = name ? number_of(name) : position;
    assert_true(shape_set_member(set, index, position++, tag, strlen(tag), number, form, target));
}

static struct shape_set *new_shapes(void)
{
    struct shape_set *set = shape_set_new(SHAPES);
    assert_non_null(set);
    define(set, DOCUMENT, SHAPE_STRUCTURE, 1);
    member(set, DOCUMENT, "Root", "root", ROOT, SHAPE_ELEMENT);
    define(set, ROOT, SHAPE_STRUCTURE, 13);
    member(set, ROOT, "text", "text", TEXT, SHAPE_ELEMENT);
    member(set, ROOT, "integer", "integer", INTEGER, SHAPE_ELEMENT);
    member(set, ROOT, "float", "float", FLOAT, SHAPE_ELEMENT);
    member(set, ROOT, "boolean", "boolean", BOOLEAN, SHAPE_ELEMENT);
    member(set, ROOT, "time", "time", TIME, SHAPE_ELEMENT);
    member(set, ROOT, "blob", "blob", BLOB, SHAPE_ELEMENT);
    member(set, ROOT, "list", "list", LIST, SHAPE_ELEMENT);
    member(set, ROOT, "flat", "flat", LIST, SHAPE_FLATTENED);
    member(set, ROOT, "map", "map", MAP, SHAPE_ELEMENT);
    member(set, ROOT, "dict", "dict", MAP, SHAPE_FLATTENED);
    member(set, ROOT, "child", "child", ROOT, SHAPE_ELEMENT);
    member(set, ROOT, "union", "union", UNION, SHAPE_ELEMENT);
    member(set, ROOT, "xml:lang", "lang", TEXT, SHAPE_ATTRIBUTE);
    define(set, INTEGER, SHAPE_INTEGER, 0);
    define(set, FLOAT, SHAPE_FLOAT, 0);
    define(set, BOOLEAN, SHAPE_BOOLEAN, 0);
    define(set, TIME, SHAPE_TIMESTAMP, 0);
    define(set, BLOB, SHAPE_BLOB, 0);
    define(set, LIST, SHAPE_LIST, 1);
    member(set, LIST, "member", NULL, TEXT, SHAPE_ELEMENT);
    define(set, MAP, SHAPE_MAP, 2);
    member(set, MAP, "key", NULL, TEXT, SHAPE_ELEMENT);
    member(set, MAP, "value", NULL, ROOT, SHAPE_ELEMENT);
    define(set, UNION, SHAPE_UNION, 3);
    member(set, UNION, "one", "one", TEXT, SHAPE_ELEMENT);
    member(set, UNION, "two", "two", INTEGER, SHAPE_ELEMENT);
    member(set, UNION, "*", "new", UNKNOWN, SHAPE_ELEMENT);
    define(set, UNKNOWN, SHAPE_UNKNOWN, 1);
    member(set, UNKNOWN, "name", "tag", TEXT, SHAPE_ELEMENT);
    assert_true(shape_set_seal(set));
    return set;
}

/* ---- a consumer that writes down what it is given ---- */

struct record {
    char text[1 << 20];
    size_t length;
    enum xml_op open[2 * XML_MAX_DEPTH + 2]; /* what the levels were opened by */
    size_t depth;
    size_t rows, events;
    bool refuse;
};

static void put(struct record *record, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(record->text + record->length, sizeof record->text - record->length,
                           format, arguments);
    va_end(arguments);
    record->length += (size_t)length;
    assert_true(record->length < sizeof record->text);
}

static bool is_list(enum xml_op op)
{
    return op == XML_OPEN_LIST || op == XML_REOPEN_LIST;
}

static void put_name(struct record *record, uint32_t name)
{
    char last = record->length ? record->text[record->length - 1] : '{';
    if (last != '{' && last != '[' && last != '(')
        put(record, " ");
    if (record->depth == 0)
        put(record, "%s=", names[name - 1]);
    else if (record->open[record->depth] == XML_OPEN_ENTRY)
        put(record, name == 0 ? "key=" : "value=");
    else if (!is_list(record->open[record->depth]) && name > 0)
        put(record, "%s=", names[name - 1]);
}

static void put_event(struct record *record, const struct xml_event *event, const char *text)
{
    if (event->op == XML_CLOSE) {
        enum xml_op op = record->open[record->depth--];
        put(record, is_list(op) ? "]" : op == XML_OPEN_ENTRY ? ")" : "}");
        return;
    }
    put_name(record, event->name);
    switch (event->op) {
    case XML_STRING:
        put(record, "'%.*s'", (int)event->string.length, text + event->string.offset);
        break;
    case XML_NUMBER:
        put(record, "%.10g", event->number);
        break;
    case XML_BOOLEAN:
        put(record, event->boolean ? "true" : "false");
        break;
    default:
        record->open[++record->depth] = event->op;
        put(record, "%s%s",
            event->op == XML_REOPEN_LIST || event->op == XML_REOPEN_TABLE ? "again" : "",
            is_list(event->op)            ? "["
            : event->op == XML_OPEN_ENTRY ? "("
                                          : "{");
    }
}

static bool take(void *user, const struct xml_event *events, size_t count, const char *text)
{
    struct record *record = user;
    record->rows++;
    record->events += count;
    for (size_t i = 0; i < count; i++)
        put_event(record, &events[i], text);
    return !record->refuse;
}

static struct record record;

static struct record *reset(void)
{
    record.length = record.depth = record.rows = record.events = 0;
    record.text[0] = '\0';
    record.refuse = false;
    return &record;
}

/* ---- a document in all ways of cutting it ---- */

enum { ROOM = 1 << 18 };

static char *guard_page; /* what is fed ends where it begins */

static int set_up(void **state)
{
    (void)state;
    guard_page = map_guard(ROOM);
    return 0;
}

static bool feed_at_guard(struct xml_reader *reader, const char *data, size_t length, bool last)
{
    assert_true(length <= ROOM);
    memcpy(guard_page - length, data, length);
    return xml_reader_feed(reader, guard_page - length, length, last);
}

/* Reads a document in chunks of `first` and then `size` bytes; what was wrong is copied to `error`,
 * which holds 256 bytes, unless it is NULL. */
static bool read_chunked(const char *document, size_t first, size_t size, char *error)
{
    struct shape_set *set = new_shapes();
    struct xml_reader *reader = xml_reader_new(shape_set_get(set, DOCUMENT), take, &record);
    assert_non_null(reader);
    size_t left = strlen(document);
    bool good = true;
    while (good && left > 0) {
        size_t chunk = first < left ? first : left;
        good = feed_at_guard(reader, document, chunk, false);
        document += chunk;
        left -= chunk;
        first = size;
    }
    good = good && feed_at_guard(reader, "", 0, true);
    if (!good)
        assert_string_not_equal(xml_reader_error(reader), "");
    if (error)
        snprintf(error, 256, "%s", xml_reader_error(reader));
    xml_reader_free(reader);
    shape_set_free(set);
    return good;
}

static void assert_reads(const char *document, const char *expected)
{
    size_t length = strlen(document);
    for (size_t cut = 1; cut <= length; cut++) {
        reset();
        assert_true(read_chunked(document, cut, length, NULL));
        assert_string_equal(record.text, expected);
    }
    reset();
    assert_true(read_chunked(document, 1, 1, NULL));
    assert_string_equal(record.text, expected);
}

static void assert_refuses(const char *document, const char *reason)
{
    char error[256];
    reset();
    assert_false(read_chunked(document, strlen(document), 1, error));
    if (!strstr(error, reason))
        fail_msg("\"%s\" does not speak of \"%s\"", error, reason);
    reset();
    assert_false(read_chunked(document, 1, 1, error));
}

/* ---- what is read ---- */

static void scalars(void **state)
{
    (void)state;
    assert_reads(
        "<?xml version='1.0'?>\n<Root><text>a&lt;b &#233;<!-- no --></text><integer>-42</integer>"
        "<float>1.5e3</float><boolean>true</boolean><time>1970-01-02T00:00:00.5Z</time>"
        "<blob>aGk=</blob></Root>\n",
        "root={text='a<b \xc3\xa9' integer=-42 float=1500 boolean=true time=86400.5 blob='hi'}");
    assert_reads("<Root><text></text><text/><integer/><float/><time/><blob/><boolean/>"
                 "<boolean>no</boolean></Root>",
                 "root={text='' text='' blob='' boolean=false}");
    assert_reads("<Root><float>NaN</float><float>-Infinity</float></Root>",
                 "root={float=nan float=-inf}");
    assert_reads("<Root><text>a<![CDATA[<&>]]>b</text></Root>", "root={text='a<&>b'}");
}

static void bad_scalars(void **state)
{
    (void)state;
    assert_refuses("<Root><integer>1.5</integer></Root>", "not an integer: \"1.5\"");
    assert_refuses("<Root><integer>x</integer></Root>", "not an integer");
    assert_refuses("<Root><float>1,5</float></Root>", "not a number");
    assert_refuses("<Root><time>yesterday</time></Root>", "not a timestamp");
    assert_refuses("<Root><blob>a</blob></Root>", "not base64");
}

static void containers(void **state)
{
    (void)state;
    assert_reads("<Root> <list> <member>a</member> <other>b</other> </list> <list/> </Root>",
                 "root={list=['a' 'b'] list=[]}");
    assert_reads("<Root><map><entry><key>k</key><value><integer>1</integer></value></entry>"
                 "<entry><value/><key>l</key></entry></map></Root>",
                 "root={map={(key='k' value={integer=1}) (value={} key='l')}}");
    assert_reads("<Root><child><child/></child></Root>", "root={child={child={}}}");
}

static void flattened(void **state)
{
    (void)state;
    assert_reads("<Root><flat>a</flat><text>t</text><flat>b</flat></Root>",
                 "root={flat=again['a'] text='t' flat=again['b']}");
    assert_reads("<Root><dict><key>k</key><value/></dict><dict><key>l</key></dict></Root>",
                 "root={dict=again{(key='k' value={})} dict=again{(key='l')}}");
}

static void attributes(void **state)
{
    (void)state;
    assert_reads("<Root xml:lang='de' lang='no'><text a='b'>t</text></Root>",
                 "root={lang='de' text='t'}");
    assert_reads("<Root xmlns:y='u' y:lang='&lt;'/>", "root={lang='<'}");
}

static void prefixes_are_dropped(void **state)
{
    (void)state;
    assert_reads("<n:Root xmlns:n='u'><n:list><n:x>a</n:x></n:list></n:Root>", "root={list=['a']}");
    assert_reads("<Root><union><n:two>2</n:two></union></Root>", "root={union={two=2}}");
}

static void unknown_elements_are_passed_over(void **state)
{
    (void)state;
    assert_reads("<Root><what a='1'>x<text>no</text></what><text>yes<b>no</b>!</text></Root>",
                 "root={text='yes!'}");
    assert_reads("<Other><text>no</text></Other>", "");
}

static void unions(void **state)
{
    (void)state;
    assert_reads("<Root><union><one>a</one></union></Root>", "root={union={one='a'}}");
    assert_reads("<Root><union><three><x/></three></union></Root>",
                 "root={union={new={tag='three'}}}");
    assert_refuses("<Root><union/></Root>", "union");
    assert_refuses("<Root><union><one/><two>1</two></union></Root>", "union");
}

/* ---- long and deep documents ---- */

static char *repeated(const char *before, const char *unit, size_t count, const char *after)
{
    size_t unit_length = strlen(unit);
    char *text = malloc(strlen(before) + unit_length * count + strlen(after) + 1);
    assert_non_null(text);
    char *end = stpcpy(text, before);
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, unit);
    strcpy(end, after);
    return text;
}

static void rows_are_bounded(void **state)
{
    (void)state;
    char *document = repeated("<Root><list>", "<m>abc</m>", 20000, "</list></Root>");
    reset();
    assert_true(read_chunked(document, ROOM, ROOM, NULL));
    assert_int_equal(record.events, 20000 + 4);
    assert_true(record.rows > 9);
    free(document);
}

/* A container that lies within one row tells its size before its members come. */
struct sizes {
    uint64_t list, root;
};

static bool take_sizes(void *user, const struct xml_event *events, size_t count, const char *text)
{
    struct sizes *sizes = user;
    (void)text;
    for (size_t i = 0; i < count; i++) {
        if (events[i].op == XML_OPEN_LIST)
            sizes->list = events[i].count;
        if (events[i].op == XML_OPEN_TABLE)
            sizes->root = events[i].count;
    }
    return true;
}

static void containers_tell_their_size(void **state)
{
    (void)state;
    static const char document[] =
        "<Root><text>t</text><list><m/><m/><m/></list><flat/><flat/></Root>";
    struct shape_set *set = new_shapes();
    struct sizes sizes = {0};
    struct xml_reader *reader = xml_reader_new(shape_set_get(set, DOCUMENT), take_sizes, &sizes);
    assert_true(xml_reader_feed(reader, document, sizeof document - 1, true));
    assert_int_equal(sizes.list, 3);
    assert_int_equal(sizes.root,
                     2); /* the flattened list, which is not the first, is not counted */
    xml_reader_free(reader);
    shape_set_free(set);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    static const char *const tags[][2] = {{"<child>", "</child>"}, {"<what>", "</what>"}};
    for (size_t i = 0; i < 2; i++) {
        char *closed = repeated("", tags[i][1], XML_MAX_DEPTH - 1, "</Root>");
        char *good = repeated("<Root>", tags[i][0], XML_MAX_DEPTH - 1, closed);
        reset();
        assert_true(read_chunked(good, 1000, 1000, NULL));
        char *bad = repeated("<Root>", tags[i][0], XML_MAX_DEPTH, "");
        assert_refuses(bad, "nested");
        free(closed);
        free(good);
        free(bad);
    }
}

/* ---- what is refused ---- */

static void truncated(void **state)
{
    (void)state;
    static const char document[] = "<?xml version='1.0'?><Root a='b'><list><m>a&amp;b</m></list>"
                                   "<map><entry><key>k</key><value/></entry></map></Root>";
    char part[sizeof document];
    for (size_t length = 0; length < sizeof document - 1; length++) {
        memcpy(part, document, length);
        part[length] = '\0';
        assert_refuses(part, "");
    }
}

static void not_xml(void **state)
{
    (void)state;
    assert_refuses("", "no element found");
    assert_refuses("{\"a\": 1}", "line 1");
    assert_refuses("<Root></Other>", "mismatched tag");
    assert_refuses("<Root/><Root/>", "junk after document element");
    assert_refuses("<Root>\x01</Root>", "invalid token");
    assert_refuses("<Root>\xff</Root>", "invalid token");
    assert_refuses("<Root>&other;</Root>", "undefined entity");
}

static void document_types(void **state)
{
    (void)state;
    assert_refuses("<!DOCTYPE Root><Root/>", "document type");
    assert_refuses(
        "<!DOCTYPE Root [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><Root><text>&b;</text></Root>",
        "document type");
    assert_refuses("<!DOCTYPE Root SYSTEM 'file:///etc/passwd'><Root/>", "document type");
}

static void a_refusing_consumer_ends_it(void **state)
{
    (void)state;
    struct shape_set *set = new_shapes();
    struct xml_reader *reader = xml_reader_new(shape_set_get(set, DOCUMENT), take, reset());
    record.refuse = true;
    assert_false(xml_reader_feed(reader, "<Root>", 6, false));
    assert_false(xml_reader_feed(reader, "</Root>", 7, true));
    assert_int_equal(record.rows, 1);
    assert_string_equal(xml_reader_error(reader), "the values were refused");
    xml_reader_free(reader);
    shape_set_free(set);
}

static void incomplete_shapes(void **state)
{
    (void)state;
    struct shape_set *set = shape_set_new(2);
    assert_true(shape_set_define(set, 0, SHAPE_LIST, 0));
    assert_false(shape_set_seal(set)); /* a list without an element */
    shape_set_free(set);

    set = shape_set_new(2);
    assert_true(shape_set_define(set, 0, SHAPE_STRUCTURE, 1));
    assert_false(shape_set_define(set, 0, SHAPE_STRUCTURE, 1)); /* twice */
    assert_false(shape_set_define(set, 2, SHAPE_STRUCTURE, 1));
    assert_false(shape_set_member(set, 0, 0, "a", 1, 1, SHAPE_ELEMENT, 2));
    assert_false(shape_set_member(set, 0, 1, "a", 1, 1, SHAPE_ELEMENT, 1));
    assert_false(shape_set_seal(set)); /* a member not set */
    assert_true(shape_set_member(set, 0, 0, "a", 1, 1, SHAPE_FLATTENED, 1));
    assert_false(shape_set_seal(set)); /* a flattened string */
    assert_null(shape_set_get(set, 2));
    shape_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(bad_scalars),
        cmocka_unit_test(containers),
        cmocka_unit_test(flattened),
        cmocka_unit_test(attributes),
        cmocka_unit_test(prefixes_are_dropped),
        cmocka_unit_test(unknown_elements_are_passed_over),
        cmocka_unit_test(unions),
        cmocka_unit_test(rows_are_bounded),
        cmocka_unit_test(containers_tell_their_size),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(truncated),
        cmocka_unit_test(not_xml),
        cmocka_unit_test(document_types),
        cmocka_unit_test(a_refusing_consumer_ends_it),
        cmocka_unit_test(incomplete_shapes),
    };
    return cmocka_run_group_tests_name("xml", tests, set_up, NULL);
}
