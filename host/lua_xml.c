/*
 * The binding of xml.h: `host.xml`.
 *
 *   xml.compile(text, array) -> shape      see compile() for the form of the text
 *   xml.decoder(shape) -> decoder          a sink
 *   decoder:write(chunk) -> true | nil, message
 *   decoder:finish() -> table | nil, message
 *   decoder:is_empty() -> whether nothing has been written
 *
 * Each row of events is turned into tables in a protected call on a coroutine of the decoder's own:
 * so a sink may be written from anywhere, and no Lua error crosses a frame of expat's.
 */
#include <lauxlib.h>
#include <string.h>

#include "lua_bindings.h"
#include "memory.h"
#include "shape.h"
#include "sink.h"
#include "xml.h"

#define SHAPE "lualambda.xml.shape"
#define DECODER "lualambda.xml.decoder"

/* ---- shapes ------------------------------------------------------------------------------- */

struct lua_shape {
    struct shape_set *set; /* the userdata's environment: { names, array metatable } */
};

enum { ENV_NAMES = 1, ENV_ARRAY = 2 };

enum { WORDS = 4 }; /* of a member */

static const char *const kinds[] = {
    [SHAPE_STRING] = "string",
    [SHAPE_INTEGER] = "integer",
    [SHAPE_FLOAT] = "float",
    [SHAPE_BOOLEAN] = "boolean",
    [SHAPE_TIMESTAMP] = "timestamp",
    [SHAPE_BLOB] = "blob",
    [SHAPE_STRUCTURE] = "structure",
    [SHAPE_UNION] = "union",
    [SHAPE_UNKNOWN] = "unknown",
    [SHAPE_LIST] = "list",
    [SHAPE_MAP] = "map",
    NULL,
};

static const char *const forms[] = {
    [SHAPE_ELEMENT] = "element",
    [SHAPE_FLATTENED] = "flattened",
    [SHAPE_ATTRIBUTE] = "attribute",
    NULL,
};

/* A part of a shape's text. */
struct slice {
    const char *text;
    size_t length;
};

/* Takes what stands before the next separator off a slice; without one, all. */
static struct slice take(struct slice *from, char separator)
{
    const char *end = memchr(from->text, separator, from->length);
    struct slice taken = {from->text, end ? (size_t)(end - from->text) : from->length};
    size_t gone = taken.length + (end != NULL);
    from->text += gone;
    from->length -= gone;
    return taken;
}

/* The number that a word stands for among `names`; -1 for none. */
static int option(const char *const names[], struct slice word)
{
    for (int i = 0; names[i]; i++)
        if (strlen(names[i]) == word.length && memcmp(names[i], word.text, word.length) == 0)
            return i;
    return -1;
}

static size_t count_of(struct slice text, char c)
{
    size_t count = 0;
    while (memchr(text.text, c, text.length)) {
        take(&text, c);
        count++;
    }
    return count;
}

/* The number that a word is; 0 for one that is none, or too large. */
static size_t number_of(struct slice word)
{
    size_t number = 0;
    for (size_t i = 0; i < word.length; i++) {
        if (word.text[i] < '0' || word.text[i] > '9' || number > UINT16_MAX)
            return 0;
        number = number * 10 + (size_t)(word.text[i] - '0');
    }
    return number;
}

/* Reads a member off its node's line, and appends its name to the names at stack index `names`. */
static bool read_member(lua_State *L, struct shape_set *set, size_t index, uint32_t member,
                        struct slice *line, int names)
{
    size_t target = number_of(take(line, ' ')) - 1;
    int form = option(forms, take(line, ' '));
    struct slice tag = take(line, ' '), name = take(line, ' ');
    uint32_t name_number = member;
    if (form < 0 || !tag.length || !name.length)
        return false;
    if (name.length != 1 || *name.text != '-') {
        name_number = (uint32_t)lua_objlen(L, names) + 1;
        lua_pushlstring(L, name.text, name.length);
        lua_rawseti(L, names, (int)name_number);
    }
    return shape_set_member(set, index, member, tag.text, tag.length, name_number,
                            (enum shape_form)form, target);
}

static bool read_node(lua_State *L, struct shape_set *set, size_t index, struct slice line,
                      int names)
{
    int kind = option(kinds, take(&line, ' '));
    uint32_t count = line.length ? (uint32_t)count_of(line, ' ') / WORDS + 1 : 0;
    if (kind < 0 || !shape_set_define(set, index, (enum shape_kind)kind, count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_member(L, set, index, i, &line, names))
            return false;
    return true;
}

/*
 * compile(text, array): a line of the text is a node, and the first the document, a structure. A
 * line is made of words with a space between: the node's kind, and four for each member: the number
 * of its node, from 1, its form, its tag, and its name, where "-" is none. A list has one member, a
 * map two (key, value), and these have no name. Lists get the metatable `array`, if one is given.
 */
static int compile(lua_State *L)
{
    struct slice text;
    text.text = luaL_checklstring(L, 1, &text.length);
    lua_settop(L, 2);
    struct lua_shape *shape = lua_newuserdata(L, sizeof *shape);
    shape->set = NULL;
    luaL_getmetatable(L, SHAPE);
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_newtable(L); // text array shape environment names
    lua_pushvalue(L, -1);
    lua_rawseti(L, 4, ENV_NAMES);
    lua_pushvalue(L, 2);
    lua_rawseti(L, 4, ENV_ARRAY);
    lua_pushvalue(L, 4);
    lua_setfenv(L, 3);

    size_t count = count_of(text, '\n') + 1;
    shape->set = shape_set_new(count);
    bool good = shape->set != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = read_node(L, shape->set, i, take(&text, '\n'), 5);
    if (!good || !shape_set_seal(shape->set) ||
        shape_set_get(shape->set, 0)->kind != SHAPE_STRUCTURE)
        return luaL_error(L, "the text makes no shape");
    lua_pushvalue(L, 3);
    return 1;
}

static int shape_gc(lua_State *L)
{
    struct lua_shape *shape = lua_touserdata(L, 1);
    shape_set_free(shape->set);
    shape->set = NULL;
    return 0;
}

/* ---- the garbage collector ------------------------------------------------------------------ */

/*
 * All that a decoder makes is live until it has finished: to look for garbage meanwhile would cost
 * a third of a large answer's time and find nothing of it. So the collector rests while rows are
 * built, and what it missed is made up for before the next answer, when the last is most likely
 * garbage. Sizes are in KB, as lua_gc has them.
 */
struct collector {
    int missed; /* made by decoders since the last collection */
    int live;   /* found by that */
    int seen;   /* in use when last looked at; much less by now means a collection since */
};

enum {
    FEW_ROWS = 4,       /* an answer of so few is small, and the collector undisturbed */
    MOST_MISSED = 6144, /* by which the collector may always be late */
};

/* Lets the collector rest, if it runs. */
static bool collector_rest(lua_State *L, struct collector *c)
{
    if (!lua_gc(L, LUA_GCISRUNNING, 0))
        return false;
    c->seen = lua_gc(L, LUA_GCCOUNT, 0);
    lua_gc(L, LUA_GCSTOP, 0);
    return true;
}

static void collector_resume(lua_State *L, struct collector *c)
{
    int before = c->seen;
    lua_gc(L, LUA_GCRESTART, 0);
    c->seen = lua_gc(L, LUA_GCCOUNT, 0);
    c->missed += c->seen - before;
}

/* Before a new answer: collects if what was missed is more than half of what is live. */
static void collector_catch_up(lua_State *L, struct collector *c)
{
    if (lua_gc(L, LUA_GCCOUNT, 0) < c->seen - c->missed / 2) {
        c->missed = 0;
    } else if (c->missed > MOST_MISSED && c->missed > c->live / 2 &&
               lua_gc(L, LUA_GCISRUNNING, 0)) {
        lua_gc(L, LUA_GCCOLLECT, 0);
        c->missed = 0;
        c->live = lua_gc(L, LUA_GCCOUNT, 0);
    }
    c->seen = lua_gc(L, LUA_GCCOUNT, 0);
}

/* ---- events to tables --------------------------------------------------------------------- */

/* What an open value on the builder's stack is, and with how many elements. */
struct level {
    enum { IS_TABLE, IS_LIST, IS_ENTRY } kind;
    int count;
};

enum { MAX_LEVELS = 2 * XML_MAX_DEPTH + 1 };

/* The userdata's environment holds the builder, the shape and the collector. */
struct decoder {
    struct sink sink;
    struct xml_reader *reader;
    struct collector *collector;
    lua_State *builder; /* between calls its stack holds build() alone */
    bool failed;        /* a table could not be built for want of memory */
    bool written;       /* to, at least a byte */
    bool finished;
    int rows;                                    /* built */
    int depth;                                   /* of the open levels */
    int slots;                                   /* that the open levels take on the stack */
    const struct xml_event *events, *events_end; /* the row in hand */
    const char *text;
    struct level levels[MAX_LEVELS];
};

/* What build() has at hand, and where. */
enum {
    UP_NAMES = lua_upvalueindex(1),
    UP_OPEN = lua_upvalueindex(2), /* the stack's slots between two calls */
    UP_ARRAY = lua_upvalueindex(3),
    AT_NAMES = 1,
    AT_ARRAY = 2,
    BASE = 2,
};

/* Before the value: the key it goes under, where the open level needs one. */
static void push_name(lua_State *L, const struct level *level, uint32_t name)
{
    if (level->kind == IS_TABLE)
        lua_rawgeti(L, AT_NAMES, (int)name);
}

/* Puts the value at the top into the open level. */
static void settle(lua_State *L, struct level *level, uint32_t name)
{
    switch (level->kind) {
    case IS_TABLE: // table name value
        lua_rawset(L, -3);
        break;
    case IS_LIST: // list value
        lua_rawseti(L, -2, ++level->count);
        break;
    case IS_ENTRY: // map key value value'
        lua_replace(L, (int)name - 3);
        break;
    }
}

static void push_list(lua_State *L, uint64_t count)
{
    lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
    if (!lua_isnil(L, AT_ARRAY)) {
        lua_pushvalue(L, AT_ARRAY);
        lua_setmetatable(L, -2);
    }
}

static void open_level(lua_State *L, struct decoder *d, const struct xml_event *event)
{
    luaL_checkstack(L, 8, "answer nested too deep");
    struct level *parent = &d->levels[d->depth], *level = parent + 1;
    *level = (struct level){.kind = IS_TABLE};
    if (event->op == XML_OPEN_ENTRY) { // map -> map nil nil
        level->kind = IS_ENTRY;
        lua_pushnil(L);
        lua_pushnil(L);
        d->depth++;
        return;
    }
    bool list = event->op == XML_OPEN_LIST || event->op == XML_REOPEN_LIST;
    push_name(L, parent, event->name);
    if (event->op == XML_REOPEN_LIST || event->op == XML_REOPEN_TABLE) {
        lua_pushvalue(L, -1);
        lua_rawget(L, -3); // parent name (child or nil)
        if (!lua_isnil(L, -1)) {
            level->kind = list ? IS_LIST : IS_TABLE;
            level->count = list ? (int)lua_objlen(L, -1) : 0;
            d->depth++;
            return;
        }
        lua_pop(L, 1);
    }
    if (list) {
        level->kind = IS_LIST;
        push_list(L, event->count);
    } else {
        lua_createtable(L, 0, event->count < INT32_MAX ? (int)event->count : 0);
    }
    d->depth++;
}

static void close_level(lua_State *L, struct decoder *d, const struct xml_event *event)
{
    const struct level *level = &d->levels[d->depth--];
    if (level->kind != IS_ENTRY)
        settle(L, &d->levels[d->depth], event->name);
    else if (lua_isnil(L, -1) || lua_isnil(L, -2))
        lua_pop(L, 2);
    else // map key value
        lua_rawset(L, -3);
}

/* The builder's function: takes a decoder and carries its row of events out. */
static int build(lua_State *L)
{
    struct decoder *d = lua_touserdata(L, 1);
    luaL_checkstack(L, d->slots + 16, "answer nested too deep");
    lua_settop(L, 0);
    lua_pushvalue(L, UP_NAMES);
    lua_pushvalue(L, UP_ARRAY);
    for (int i = 1; i <= d->slots; i++)
        lua_rawgeti(L, UP_OPEN, i);

    for (const struct xml_event *event = d->events; event < d->events_end; event++) {
        struct level *level = &d->levels[d->depth];
        switch (event->op) {
        case XML_STRING:
            push_name(L, level, event->name);
            lua_pushlstring(L, d->text + event->string.offset, event->string.length);
            settle(L, level, event->name);
            break;
        case XML_NUMBER:
            push_name(L, level, event->name);
            lua_pushnumber(L, event->number);
            settle(L, level, event->name);
            break;
        case XML_BOOLEAN:
            push_name(L, level, event->name);
            lua_pushboolean(L, event->boolean);
            settle(L, level, event->name);
            break;
        case XML_CLOSE:
            close_level(L, d, event);
            break;
        default:
            open_level(L, d, event);
        }
    }

    d->slots = lua_gettop(L) - BASE;
    for (int i = d->slots; i > 0; i--)
        lua_rawseti(L, UP_OPEN, i);
    return 0;
}

/* ---- decoders ----------------------------------------------------------------------------- */

/* An xml_consumer. */
static bool build_row(void *user, const struct xml_event *events, size_t count, const char *text)
{
    struct decoder *d = user;
    d->events = events;
    d->events_end = events + count;
    d->text = text;
    lua_pushvalue(d->builder, 1);
    lua_pushlightuserdata(d->builder, d);
    bool resting = d->rows++ >= FEW_ROWS && collector_rest(d->builder, d->collector);
    d->failed = lua_pcall(d->builder, 1, 0, 0) != 0;
    if (resting)
        collector_resume(d->builder, d->collector);
    if (d->failed)
        lua_pop(d->builder, 1);
    return !d->failed;
}

static int sink_write(struct sink *sink, const char *data, size_t length)
{
    struct decoder *d = (struct decoder *)sink;
    d->written = d->written || length > 0;
    return xml_reader_feed(d->reader, data, length, false) ? 0 : -1;
}

static int push_failure(lua_State *L, const struct decoder *d)
{
    lua_pushnil(L);
    lua_pushstring(L, d->failed ? "out of memory" : xml_reader_error(d->reader));
    return 2;
}

static struct decoder *check_decoder(lua_State *L)
{
    struct decoder *d = luaL_checkudata(L, 1, DECODER);
    luaL_argcheck(L, d->reader && !d->finished, 1, "the decoder has finished");
    return d;
}

static int decoder_write(lua_State *L)
{
    struct decoder *d = check_decoder(L);
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    if (sink_write(&d->sink, data, length) < 0)
        return push_failure(L, d);
    lua_pushboolean(L, 1);
    return 1;
}

static int decoder_finish(lua_State *L)
{
    struct decoder *d = check_decoder(L);
    d->finished = true;
    if (!xml_reader_feed(d->reader, "", 0, true))
        return push_failure(L, d);
    lua_getupvalue(d->builder, 1, 2);
    lua_rawgeti(d->builder, -1, 1); // build open root
    lua_xmove(d->builder, L, 1);
    lua_pushnil(d->builder); // lest a decoder that awaits its finalizer keep the whole answer
    lua_rawseti(d->builder, -2, 1);
    lua_pop(d->builder, 1);
    return 1;
}

static int decoder_is_empty(lua_State *L)
{
    lua_pushboolean(L, !check_decoder(L)->written);
    return 1;
}

static int decoder_gc(lua_State *L)
{
    struct decoder *d = lua_touserdata(L, 1);
    xml_reader_free(d->reader);
    d->reader = NULL;
    return 0;
}

/* Leaves on the builder's stack build() as a closure over the names and the metatable of the shape
 * at index 1 of L, and over the open root. */
static void prepare_builder(lua_State *L, lua_State *builder)
{
    lua_getfenv(L, 1);
    lua_rawgeti(L, -1, ENV_NAMES);
    lua_createtable(L, 32, 0);
    lua_newtable(L);
    lua_rawseti(L, -2, 1);
    lua_rawgeti(L, -3, ENV_ARRAY); // environment names open array
    lua_pushcclosure(L, build, 3);
    lua_xmove(L, builder, 1);
    lua_pop(L, 1);
}

static int new_decoder(lua_State *L)
{
    struct lua_shape *shape = luaL_checkudata(L, 1, SHAPE);
    lua_settop(L, 1);
    struct collector *collector = lua_touserdata(L, lua_upvalueindex(1));
    collector_catch_up(L, collector);
    struct decoder *d = lua_newuserdata(L, sizeof *d);
    *d = (struct decoder){.sink.write = sink_write, .collector = collector, .slots = 1};
    luaL_getmetatable(L, DECODER);
    lua_setmetatable(L, -2);
    lua_createtable(L, 3, 0);
    d->builder = lua_newthread(L); // shape decoder environment thread
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_rawseti(L, -2, 3);
    lua_setfenv(L, 2);
    prepare_builder(L, d->builder);
    d->reader = xml_reader_new(shape_set_get(shape->set, 0), build_row, d);
    if (!d->reader)
        return memory_raise(L);
    return 1;
}

static const luaL_Reg decoder_methods[] = {
    {"write", decoder_write},
    {"finish", decoder_finish},
    {"is_empty", decoder_is_empty},
    {NULL, NULL},
};

int luaopen_host_xml(lua_State *L)
{
    luaL_newmetatable(L, SHAPE);
    lua_pushcfunction(L, shape_gc);
    lua_setfield(L, -2, "__gc");

    luaL_newmetatable(L, DECODER);
    lua_pushcfunction(L, decoder_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "__sink");
    luaL_newlib(L, decoder_methods);
    lua_setfield(L, -2, "__index");

    lua_newtable(L);
    lua_pushcfunction(L, compile);
    lua_setfield(L, -2, "compile");
    struct collector *collector = lua_newuserdata(L, sizeof *collector);
    *collector = (struct collector){0};
    lua_pushcclosure(L, new_decoder, 1);
    lua_setfield(L, -2, "decoder");
    return 1;
}
