#include "state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "library.h"
#include "lua_bindings.h"
#include "task.h"

int luaopen_cjson(lua_State *L); /* lua-cjson has no header */

static const luaL_Reg bindings[] = {
    {"cjson", luaopen_cjson},
    {"host.cjson", luaopen_cjson}, /* an instance with settings of its own, for json.lua */
    {"host", luaopen_host},
    {"host.bytecode", luaopen_host_bytecode},
    {"host.console", luaopen_host_console},
    {"host.digest", luaopen_host_digest},
    {"host.runtime_api", luaopen_host_runtime_api},
    {"host.scalar", luaopen_host_scalar},
    {"host.sigv4", luaopen_host_sigv4},
    {"host.task", luaopen_host_task},
    {"host.transfer", luaopen_host_transfer},
    {"host.xml", luaopen_host_xml},
    {NULL, NULL},
};

static const char *text_at(uint32_t place)
{
    return (const char *)library_text + place;
}

static int compare_name(const void *name, const void *module)
{
    return strcmp(name, text_at(((const struct library_module *)module)->name));
}

/* A package loader: finds a module of the embedded library. */
static int search_library(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct library_module *module =
        bsearch(name, library, library_size, sizeof *library, compare_name);
    if (!module) {
        lua_pushfstring(L, "\n\tno module '%s' in the standard library", name);
        return 1;
    }
    /* S: it stays where it is, see vendor/patches/luajit-debug-information.patch */
    if (luaL_loadbufferx(L, text_at(module->code), module->size, name, "bS") != 0)
        return lua_error(L);
    return 1;
}

/*
 * A package loader: finds a module in package.preload, its upvalue. LuaJIT's own also asks the
 * dynamic linker for each module's bytecode, and words what it did not find.
 */
static int search_preload(lua_State *L)
{
    lua_settop(L, 1);
    lua_gettable(L, lua_upvalueindex(1));
    return 1;
}

/* Puts the library's loader behind that of package.preload. */
static void install_library(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "loaders");
    for (int i = (int)lua_objlen(L, -1); i >= 2; i--) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_getfield(L, -2, "preload");
    luaL_register(L, NULL, bindings);
    lua_pushcclosure(L, search_preload, 1);
    lua_rawseti(L, -2, 1);
    lua_pushcfunction(L, search_library);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
}

static int open_state(lua_State *L)
{
    lua_gc(L, LUA_GCSTOP, 0); /* nothing of this is garbage */
    luaL_openlibs(L);
    install_library(L);
    loop_new(L);
    lua_gc(L, LUA_GCRESTART, -1);
    return 0;
}

/*
 * Takes the memory that a start needs from the system at once. It would come page by page, each by
 * a fault. The state is at the beginning of the piece that LuaJIT's allocator has, which holds all
 * of it (vendor/patches/luajit-heap.patch). What is taken in vain costs as much.
 */
static void warm_heap(const lua_State *L)
{
    enum { NEEDED = 288 << 10, PAGE = 4096 };
    uintptr_t start = (uintptr_t)L & -(uintptr_t)PAGE;
    madvise((void *)start, NEEDED, MADV_POPULATE_WRITE); /* unknown to a kernel before 5.14 */
}

lua_State *state_new(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return NULL;
    warm_heap(L);
    if (lua_cpcall(L, open_state, NULL) != 0) {
        lua_close(L);
        return NULL;
    }
    return L;
}

const char *state_describe(lua_State *L)
{
    if (luaL_callmeta(L, -1, "__tostring"))
        lua_remove(L, -2);
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pushfstring(L, "(an error that is a %s)", luaL_typename(L, -1));
        lua_remove(L, -2);
    }
    return lua_tostring(L, -1);
}
