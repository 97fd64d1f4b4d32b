/*
 * The modules that C gives to Lua. Each opens as `require` expects; state.c preloads them.
 */
#ifndef LUALAMBDA_LUA_BINDINGS_H
#define LUALAMBDA_LUA_BINDINGS_H

#include <lauxlib.h>
#include <lua.h>

int luaopen_host(lua_State *L);             /* the program itself: lua_host.c */
int luaopen_host_bytecode(lua_State *L);    /* lua_bytecode.c */
int luaopen_host_console(lua_State *L);     /* lua_console.c */
int luaopen_host_digest(lua_State *L);      /* lua_digest.c */
int luaopen_host_runtime_api(lua_State *L); /* lua_runtime_api.c */
int luaopen_host_task(lua_State *L);        /* lua_task.c */
int luaopen_host_transfer(lua_State *L);    /* lua_http.c */
int luaopen_host_sigv4(lua_State *L);       /* lua_sigv4.c */
int luaopen_host_scalar(lua_State *L);      /* lua_scalar.c */
int luaopen_host_xml(lua_State *L);         /* lua_xml.c */

/* Makes the metatable of a kind of userdata that begins with a struct wait; `methods` or NULL. */
void lua_new_waitable(lua_State *L, const char *name, lua_CFunction gc, const luaL_Reg *methods);

/* Pushes the name of an HTTP header field in lower case; of a longer one the first 128 bytes. */
void push_field_name(lua_State *L, const char *name, size_t length);

#endif
