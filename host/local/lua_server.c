/*
 * The binding of server.h: `local.server`.
 *
 * listen(address, port) -> server | nil, message; something to wait for: it is done when a request
 *     has come
 * server:port(), server:take() -> request | nil, server:close()
 *
 * A request is something to wait for: it is done when something new is known of it.
 * request:method(), request:target(), request:headers(), request:trailers(): names in lower case
 * request:read() -> what has come of the body, "" for nothing new, nil after its end
 * request:gone() -> whether the exchange is over
 * request:respond(status, headers, body): headers by their names, a value or a list of values
 * request:start(status, headers), request:write(text) -> how many bytes still wait to be sent,
 * request:finish([whether to break the connection off]): an answer in pieces
 */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "local_bindings.h"
#include "lua_bindings.h"
#include "server.h"
#include "task.h"

#define SERVER "local server"
#define REQUEST "local request"

enum { MOST_FIELDS = 64 };

struct lua_server {
    struct wait wait;
    struct server *server;
};

struct lua_request {
    struct wait wait;
    struct request *request;
};

static void finish(void *user)
{
    wait_finish(user);
}

/* ---- the server ---- */

static struct lua_server *check_server(lua_State *L)
{
    struct lua_server *self = luaL_checkudata(L, 1, SERVER);
    luaL_argcheck(L, self->server, 1, "it is closed");
    return self;
}

static int listen_at(lua_State *L)
{
    const char *address = luaL_checkstring(L, 1);
    int port = luaL_checkint(L, 2);
    struct lua_server *self = lua_newuserdata(L, sizeof *self);
    *self = (struct lua_server){0};
    luaL_getmetatable(L, SERVER);
    lua_setmetatable(L, -2);
    self->server =
        server_listen(loop_events(the_loop()), address, (unsigned)port, finish, &self->wait);
    if (self->server)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, strerror(errno));
    return 2;
}

static int port(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)server_port(check_server(L)->server));
    return 1;
}

static int take(lua_State *L)
{
    struct lua_server *self = check_server(L);
    struct lua_request *taken = lua_newuserdata(L, sizeof *taken);
    *taken = (struct lua_request){0};
    luaL_getmetatable(L, REQUEST);
    lua_setmetatable(L, -2);
    taken->request = server_take(self->server);
    if (!taken->request) {
        self->wait.done = false;
        return 0;
    }
    request_listen(taken->request, finish, &taken->wait);
    return 1;
}

static int server_gc(lua_State *L)
{
    struct lua_server *self = lua_touserdata(L, 1);
    server_close(self->server);
    self->server = NULL;
    return 0;
}

/* Who waits for a request learns that none will come. */
static int close_server(lua_State *L)
{
    struct lua_server *self = luaL_checkudata(L, 1, SERVER);
    server_gc(L);
    wait_finish(&self->wait);
    return 0;
}

/* ---- a request ---- */

static struct request *check(lua_State *L)
{
    return ((struct lua_request *)luaL_checkudata(L, 1, REQUEST))->request;
}

static int method(lua_State *L)
{
    lua_pushstring(L, request_method(check(L)));
    return 1;
}

static int target(lua_State *L)
{
    lua_pushstring(L, request_target(check(L)));
    return 1;
}

/* A field that comes twice is one with both values, as RFC 9110, section 5.3, has it. */
static void push_field(void *user, const char *name, const char *value)
{
    lua_State *L = user;
    push_field_name(L, name, strlen(name));
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushstring(L, value);
    } else {
        lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
        lua_remove(L, -2);
    }
    lua_rawset(L, -3);
}

static int push_fields(lua_State *L, bool trailers)
{
    const struct request *request = check(L);
    lua_settop(L, 1);
    luaL_checkstack(L, 8, NULL);
    lua_newtable(L);
    request_fields(request, trailers, push_field, L);
    return 1;
}

static int headers(lua_State *L)
{
    return push_fields(L, false);
}

static int trailers(lua_State *L)
{
    return push_fields(L, true);
}

static int read_body(lua_State *L)
{
    struct lua_request *self = luaL_checkudata(L, 1, REQUEST);
    size_t length;
    const char *data = request_read(self->request, &length);
    bool over = request_ended(self->request) || request_gone(self->request);
    if (!length && over)
        return 0;
    self->wait.done = over;
    lua_pushlstring(L, length ? data : "", length);
    return 1;
}

static int gone(lua_State *L)
{
    lua_pushboolean(L, request_gone(check(L)));
    return 1;
}

struct fields {
    struct field list[MOST_FIELDS];
    size_t count;
};

/* Adds the value at the top of the stack; the table of headers anchors it. */
static void add_field(lua_State *L, struct fields *fields, const char *name)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "a header's value is a string, or a list of them");
    if (fields->count == MOST_FIELDS)
        luaL_error(L, "too many headers");
    fields->list[fields->count++] = (struct field){name, lua_tostring(L, -1)};
}

/* Reads the headers of a table: by their names, a value or a list of values. */
static void read_fields(lua_State *L, int index, struct fields *fields)
{
    fields->count = 0;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, index, "a header's name is a string");
        const char *name = lua_tostring(L, -2);
        if (!lua_istable(L, -1)) {
            add_field(L, fields, name);
            continue;
        }
        for (int i = 1; i <= (int)lua_objlen(L, -1); i++, lua_pop(L, 1)) {
            lua_rawgeti(L, -1, i);
            add_field(L, fields, name);
        }
    }
}

static int answer(lua_State *L, const char *body, size_t length)
{
    struct fields fields;
    struct request *request = check(L);
    unsigned status = (unsigned)luaL_checkint(L, 2);
    read_fields(L, 3, &fields);
    if (request_answer(request, status, fields.list, fields.count, body, length) != 0)
        return luaL_error(L, "the answer cannot be sent: a header is none, or memory is short");
    return 0;
}

static int respond(lua_State *L)
{
    size_t length;
    const char *body = luaL_checklstring(L, 4, &length);
    return answer(L, body, length);
}

static int start(lua_State *L)
{
    return answer(L, NULL, 0);
}

static int write_piece(lua_State *L)
{
    struct lua_request *self = luaL_checkudata(L, 1, REQUEST);
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    if (request_write(self->request, data, length) != 0)
        return luaL_error(L, "out of memory");
    self->wait.done = request_gone(self->request);
    lua_pushinteger(L, (lua_Integer)request_backlog(self->request));
    return 1;
}

static int finish_answer(lua_State *L)
{
    request_finish(check(L), !lua_toboolean(L, 2));
    return 0;
}

static int request_gc(lua_State *L)
{
    struct lua_request *self = lua_touserdata(L, 1);
    request_release(self->request);
    self->request = NULL;
    return 0;
}

static const luaL_Reg server_methods[] = {
    {"port", port},
    {"take", take},
    {"close", close_server},
    {NULL, NULL},
};

static const luaL_Reg request_methods[] = {
    {"method", method},        {"target", target},  {"headers", headers},
    {"trailers", trailers},    {"read", read_body}, {"gone", gone},
    {"respond", respond},      {"start", start},    {"write", write_piece},
    {"finish", finish_answer}, {NULL, NULL},
};

int luaopen_local_server(lua_State *L)
{
    lua_new_waitable(L, SERVER, server_gc, server_methods);
    lua_new_waitable(L, REQUEST, request_gc, request_methods);
    lua_newtable(L);
    lua_pushcfunction(L, listen_at);
    lua_setfield(L, -2, "listen");
    return 1;
}
