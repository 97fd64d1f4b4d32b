/*
 * The binding of http.h: `host.transfer`. A transfer is a userdata to wait for;
 * host/lib/host/http.lua makes one call of its three steps.
 */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "lua_bindings.h"
#include "memory.h"
#include "task.h"

#define TRANSFER "transfer"

enum { MOST_HEADERS = 256 };
static const lua_Number DEFAULT_TIMEOUT = 60, DEFAULT_CONNECT_TIMEOUT = 5;
static const lua_Number DEFAULT_MAX_BODY = 64.0 * 1024 * 1024;

struct lua_transfer {
    struct wait wait;
    struct http_transfer *http; /* NULL where the deadline had passed before the start */
    double deadline;            /* seconds since 1970 UTC */
};

static void release(struct lua_transfer *transfer)
{
    http_transfer_free(transfer->http);
    transfer->http = NULL;
}

static void abandon(struct wait *wait)
{
    release((struct lua_transfer *)wait);
}

static void finished(void *user)
{
    wait_finish(&((struct lua_transfer *)user)->wait);
}

/* ---- the request, out of its table at index 1 ---- */

static const char *string_field(lua_State *L, const char *name, size_t *length)
{
    lua_getfield(L, 1, name);
    if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: expected a string, got %s", name, luaL_typename(L, -1));
    const char *value = lua_tolstring(L, -1, length);
    lua_pop(L, 1); /* the request table holds it */
    return value;
}

static const char *required_field(lua_State *L, const char *name)
{
    const char *value = string_field(L, name, NULL);
    if (!value)
        luaL_error(L, "%s: expected a string, got nil", name);
    return value;
}

static lua_Number number_field(lua_State *L, const char *name, lua_Number otherwise)
{
    lua_getfield(L, 1, name);
    if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TNUMBER)
        luaL_error(L, "%s: expected a number, got %s", name, luaL_typename(L, -1));
    lua_Number value = lua_isnil(L, -1) ? otherwise : lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

static bool flag_field(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

/* A header that holds a line break would be two. */
static const char *header_line(lua_State *L)
{
    size_t length = 0;
    const char *line = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (!line || !memchr(line, ':', length) || strcspn(line, "\r\n") != length)
        luaL_error(L, "headers: expected lines of the form \"Name: value\"");
    return line;
}

static size_t read_headers(lua_State *L, const char **headers)
{
    size_t count = 0;
    lua_getfield(L, 1, "headers");
    if (lua_istable(L, -1)) {
        count = lua_objlen(L, -1);
        if (count > MOST_HEADERS)
            luaL_error(L, "headers: more than %d", MOST_HEADERS);
        for (size_t i = 0; i < count; i++) {
            lua_rawgeti(L, -1, (int)i + 1);
            headers[i] = header_line(L);
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
    return count;
}

static enum http_trust read_trust(lua_State *L)
{
    const char *name = string_field(L, "trust", NULL);
    if (!name || strcmp(name, "system") == 0)
        return HTTP_TRUST_SYSTEM;
    if (strcmp(name, "amazon") == 0)
        return HTTP_TRUST_AMAZON;
    return (enum http_trust)luaL_error(L, "trust: expected \"amazon\" or \"system\"");
}

static struct sink *read_sink(lua_State *L)
{
    struct sink *sink = NULL;
    lua_getfield(L, 1, "sink");
    if (!lua_isnil(L, -1)) {
        if (lua_type(L, -1) != LUA_TUSERDATA || !luaL_getmetafield(L, -1, "__sink"))
            luaL_error(L, "sink: expected a decoder, got %s", luaL_typename(L, -1));
        lua_pop(L, 1);
        sink = lua_touserdata(L, -1);
    }
    lua_pop(L, 1);
    return sink;
}

/* Seconds as libcurl's milliseconds, where 0 means no limit. */
static long milliseconds(double seconds)
{
    if (seconds <= 0)
        return 0;
    if (seconds > 1e6)
        return 1000000000;
    long whole = (long)(seconds * 1000);
    return whole + (whole < seconds * 1000);
}

static long bounded_timeout(double timeout, double left)
{
    return milliseconds(timeout > 0 && timeout < left ? timeout : isinf(left) ? 0 : left);
}

/* What libcurl and the sink's caller point to lives as long as the transfer at the stack's top. */
static void anchor(lua_State *L)
{
    lua_createtable(L, 2, 0);
    lua_getfield(L, 1, "body");
    lua_rawseti(L, -2, 1);
    lua_getfield(L, 1, "sink");
    lua_rawseti(L, -2, 2);
    lua_setfenv(L, -2);
}

static int transfer_start(lua_State *L)
{
    const char *headers[MOST_HEADERS];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);

    struct loop *loop = the_loop();
    const struct task *task = loop_current(loop);
    struct lua_transfer *transfer = lua_newuserdata(L, sizeof *transfer);
    *transfer = (struct lua_transfer){.wait.abandon = abandon,
                                      .deadline = task ? task->deadline : INFINITY};
    luaL_getmetatable(L, TRANSFER);
    lua_setmetatable(L, -2);
    anchor(L);

    struct http_request request = {
        .method = required_field(L, "method"),
        .url = required_field(L, "url"),
        .headers = headers,
        .header_count = read_headers(L, headers),
        .connect_timeout_ms =
            milliseconds(number_field(L, "connect_timeout", DEFAULT_CONNECT_TIMEOUT)),
        .trust = read_trust(L),
        .ca_file = string_field(L, "ca_file", NULL),
        .max_body = (size_t)number_field(L, "max_body", DEFAULT_MAX_BODY),
        .sink = read_sink(L),
        .direct = flag_field(L, "direct"),
        .fresh = flag_field(L, "fresh"),
    };
    request.body = string_field(L, "body", &request.body_length);

    double left = transfer->deadline - clock_now();
    request.timeout_ms = bounded_timeout(number_field(L, "timeout", DEFAULT_TIMEOUT), left);
    if (left <= 0) {
        transfer->wait.done = true;
        return 1;
    }
    struct http *http = loop_http(loop);
    if (!http || !(transfer->http = http_start(http, &request, finished, transfer)))
        return memory_raise(L);
    return 1;
}

/* ---- the answer ---- */

static int push_error(lua_State *L, const char *kind, const char *message)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    return 2;
}

static void push_response(lua_State *L, const struct http_response *response)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, (lua_Integer)response->status);
    lua_setfield(L, -2, "status");
    lua_createtable(L, 0, (int)response->header_count);
    for (size_t i = 0; i < response->header_count; i++) {
        lua_pushstring(L, response->headers[i].value);
        lua_setfield(L, -2, response->headers[i].name);
    }
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, response->body ? response->body : "",
                    response->body ? response->body_length : 0);
    lua_setfield(L, -2, "body");
}

static int push_outcome(lua_State *L, const struct lua_transfer *transfer)
{
    static const char *const kinds[] = {
        [HTTP_RESOLVE] = "resolve", [HTTP_CONNECT] = "connect",     [HTTP_TLS] = "tls",
        [HTTP_TIMEOUT] = "timeout", [HTTP_TOO_LARGE] = "too_large", [HTTP_SINK] = "sink",
        [HTTP_MEMORY] = "memory",   [HTTP_PROTOCOL] = "protocol",
    };
    if (!transfer->http)
        return push_error(L, "deadline", "the invocation's deadline has passed");
    enum http_outcome outcome = http_outcome(transfer->http);
    if (outcome == HTTP_OK) {
        push_response(L, http_response(transfer->http));
        return 1;
    }
    if (outcome == HTTP_TIMEOUT && clock_now() >= transfer->deadline)
        return push_error(L, "deadline", "the invocation's deadline passed during the request");
    return push_error(L, kinds[outcome], http_message(transfer->http));
}

static int transfer_finish(lua_State *L)
{
    struct lua_transfer *transfer = luaL_checkudata(L, 1, TRANSFER);
    int count = push_outcome(L, transfer);
    release(transfer);
    return count;
}

static int transfer_gc(lua_State *L)
{
    release(lua_touserdata(L, 1));
    return 0;
}

static const luaL_Reg functions[] = {
    {"start", transfer_start},
    {"finish", transfer_finish},
    {NULL, NULL},
};

int luaopen_host_transfer(lua_State *L)
{
    lua_new_waitable(L, TRANSFER, transfer_gc, NULL);
    luaL_newlib(L, functions);
    return 1;
}
