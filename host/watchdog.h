/*
 * Stops Lua code that runs past a deadline without ever waiting: a timer's signal sets a hook,
 * which the interpreter calls at its next instruction. Machine code that LuaJIT has compiled looks
 * for the hook as well, since vendor/recipes/luajit builds it with LUAJIT_ENABLE_CHECKHOOK.
 */
#ifndef LUALAMBDA_WATCHDOG_H
#define LUALAMBDA_WATCHDOG_H

#include <lua.h>

/*
 * Watches what the process's one Lua state runs from now on, in place of what was watched before:
 * `overdue` becomes its hook when the clock passes `deadline` (seconds since 1970 UTC; INFINITY for
 * none), and stays its hook until watchdog_calm.
 */
void watchdog_watch(lua_State *L, double deadline, lua_Hook overdue);

/* Takes the hook away. */
void watchdog_calm(lua_State *L);

#endif
