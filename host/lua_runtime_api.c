/*
 * The binding of runtime_api.h: `host.runtime_api`.
 *
 * connect("host:port") -> connection, something to wait for: it is done when its exchange has
 * ended, or, where the body is streamed, when it can take more connection:start(method, path,
 * headers[, body]): headers are lines that end with "\r\n"; the body is a string, or true to stream
 * it connection:send(text), connection:finish(trailers): of a streamed body connection:ended() ->
 * whether no exchange is under way connection:status() -> status | nil, message connection:answer()
 * -> body, headers; the latter by their names in lower case trace(id): sets _X_AMZN_TRACE_ID, where
 * the AWS SDKs' users look for it
 */
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua_bindings.h"
#include "memory.h"
#include "runtime_api.h"
#include "task.h"

#define CONNECTION "runtime api"

struct connection {
    struct wait wait;
    struct api *api;
    bool streamed;
};

static void changed(void *user)
{
    wait_finish(&((struct connection *)user)->wait);
}

/* A streamed exchange outlives whoever waits to send more: its end may have to tell of an error. */
static void abandon(struct wait *wait)
{
    struct connection *connection = (struct connection *)wait;
    if (!connection->streamed)
        api_abort(connection->api);
}

static struct connection *check(lua_State *L)
{
    return luaL_checkudata(L, 1, CONNECTION);
}

static int connect_to(lua_State *L)
{
    const char *address = luaL_checkstring(L, 1);
    struct connection *connection = lua_newuserdata(L, sizeof *connection);
    *connection = (struct connection){.wait.abandon = abandon};
    luaL_getmetatable(L, CONNECTION);
    lua_setmetatable(L, -2);
    lua_createtable(L, 1, 0); /* holds the body that is being sent */
    lua_setfenv(L, -2);
    connection->api = api_new(loop_events(the_loop()), address, changed, connection);
    if (!connection->api)
        return memory_raise(L);
    return 1;
}

static int start(lua_State *L)
{
    struct connection *connection = check(L);
    struct api_request request = {
        .method = luaL_checkstring(L, 2),
        .path = luaL_checkstring(L, 3),
        .headers = luaL_checkstring(L, 4),
        .streamed = lua_isboolean(L, 5),
    };
    if (!request.streamed)
        request.body = luaL_optlstring(L, 5, NULL, &request.body_length);
    lua_settop(L, 5);
    lua_getfenv(L, 1);
    lua_insert(L, 5);
    lua_rawseti(L, 5, 1);

    connection->wait.done = false;
    connection->streamed = request.streamed;
    if (api_start(connection->api, &request) != 0)
        return memory_raise(L);
    return 0;
}

static int send_piece(lua_State *L)
{
    struct connection *connection = check(L);
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    connection->wait.done = false;
    if (api_send(connection->api, data, length) != 0)
        return memory_raise(L);
    connection->wait.done = api_ended(connection->api) || api_hungry(connection->api);
    return 0;
}

static int finish(lua_State *L)
{
    struct connection *connection = check(L);
    connection->wait.done = false;
    connection->streamed = false;
    if (api_finish(connection->api, luaL_checkstring(L, 2)) != 0)
        return memory_raise(L);
    connection->wait.done = api_ended(connection->api);
    return 0;
}

static int ended(lua_State *L)
{
    lua_pushboolean(L, api_ended(check(L)->api));
    return 1;
}

static int status(lua_State *L)
{
    const struct api *api = check(L)->api;
    const char *data, *error = api_error(api);
    if (error) {
        lua_pushnil(L);
        lua_pushstring(L, error);
        return 2;
    }
    lua_pushinteger(L, api_answer(api, &data)->status);
    return 1;
}

void push_field_name(lua_State *L, const char *name, size_t length)
{
    enum { LONGEST = 128 };
    char lower[LONGEST];
    length = length < sizeof lower ? length : sizeof lower;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    lua_pushlstring(L, lower, length);
}

static int answer(lua_State *L)
{
    const char *data;
    const struct answer *got = api_answer(check(L)->api, &data);
    lua_pushlstring(L, data + got->body.start, got->body.length);
    lua_createtable(L, 0, (int)got->field_count);
    for (size_t i = 0; i < got->field_count; i++) {
        push_field_name(L, data + got->names[i].start, got->names[i].length);
        lua_pushlstring(L, data + got->values[i].start, got->values[i].length);
        lua_rawset(L, -3);
    }
    return 2;
}

/* In place: setenv would keep the memory of every id before. */
static int trace(lua_State *L)
{
    static char variable[1024] = "_X_AMZN_TRACE_ID=";
    static bool is_set;
    enum { NAME = sizeof "_X_AMZN_TRACE_ID=" - 1 };
    size_t length;
    const char *id = luaL_checklstring(L, 1, &length);
    length = length < sizeof variable - NAME ? length : sizeof variable - NAME - 1;
    memcpy(variable + NAME, id, length);
    variable[NAME + length] = '\0';
    if (!is_set)
        putenv(variable);
    is_set = true;
    return 0;
}

static int connection_gc(lua_State *L)
{
    struct connection *connection = lua_touserdata(L, 1);
    api_free(connection->api);
    return 0;
}

static const luaL_Reg methods[] = {
    {"start", start},   {"send", send_piece}, {"finish", finish}, {"ended", ended},
    {"status", status}, {"answer", answer},   {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"connect", connect_to},
    {"trace", trace},
    {NULL, NULL},
};

int luaopen_host_runtime_api(lua_State *L)
{
    lua_new_waitable(L, CONNECTION, connection_gc, methods);
    luaL_newlib(L, functions);
    return 1;
}
