/*
 * The binding of scalar.h: `host.scalar`.
 *
 *   scalar.integer(text), scalar.float(text) -> number | nil
 *   scalar.timestamp(text) -> seconds since 1970 UTC | nil
 *   scalar.base64(bytes) -> text
 *   scalar.unbase64(text) -> bytes | nil
 */
#include <lauxlib.h>

#include "lua_bindings.h"
#include "scalar.h"

static int read_with(lua_State *L, bool (*read)(const char *, size_t, double *))
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    double value;
    if (read(text, length, &value))
        lua_pushnumber(L, value);
    else
        lua_pushnil(L);
    return 1;
}

static int integer(lua_State *L)
{
    return read_with(L, scalar_integer);
}

static int float_(lua_State *L)
{
    return read_with(L, scalar_float);
}

static int timestamp(lua_State *L)
{
    return read_with(L, scalar_timestamp);
}

static int base64(lua_State *L)
{
    size_t length;
    const char *data = luaL_checklstring(L, 1, &length);
    size_t size = scalar_base64_size(length);
    char *out = lua_newuserdata(L, size + 1);
    scalar_base64_encode(data, length, out);
    lua_pushlstring(L, out, size);
    return 1;
}

static int unbase64(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    char *out = lua_newuserdata(L, length / 4 * 3 + 3);
    ptrdiff_t size = scalar_base64_decode(text, length, out);
    if (size < 0)
        lua_pushnil(L);
    else
        lua_pushlstring(L, out, (size_t)size);
    return 1;
}

static const luaL_Reg functions[] = {
    {"integer", integer}, {"float", float_},      {"timestamp", timestamp},
    {"base64", base64},   {"unbase64", unbase64}, {NULL, NULL},
};

int luaopen_host_scalar(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
