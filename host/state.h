/*
 * The Lua state: the standard libraries, the bindings and the embedded library, none of them loaded
 * before it is required.
 */
#ifndef LUALAMBDA_STATE_H
#define LUALAMBDA_STATE_H

#include <lua.h>

/* Makes a state with its loop. NULL when memory is short. The caller ends it with lua_close. */
lua_State *state_new(void);

/*
 * Replaces the value at the top of the stack by a string that describes it: a string itself, what
 * __tostring says, or its type.
 */
const char *state_describe(lua_State *L);

#endif
