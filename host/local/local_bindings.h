/*
 * The modules that C gives to the Lua of invoke-local, beside those of lua_bindings.h.
 */
#ifndef LUALAMBDA_LOCAL_BINDINGS_H
#define LUALAMBDA_LOCAL_BINDINGS_H

#include <lua.h>

int luaopen_local_files(lua_State *L);   /* lua_files.c */
int luaopen_local_process(lua_State *L); /* lua_process.c */
int luaopen_local_server(lua_State *L);  /* lua_server.c */

#endif
