/*
 * Stands in for malloc and LuaJIT's own allocator in test builds (--wrap, in spec/hardened.mk):
 * Lua's memory is malloc's, where AddressSanitizer and valgrind see it, and any one allocation can
 * be made to fail. With EAGER_COLLECTOR the collector never rests.
 */
#include "allocator.h"

#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct allocator allocator;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
lua_State *__wrap_luaL_newstate(void);

/* Whether the next allocation of a kind is one that fails. */
static bool fails(enum allocation kind)
{
    size_t number = ++allocator.made[kind];
    if (allocator.failing != kind || !allocator.first_failing)
        return false;
    return allocator.for_good ? number >= allocator.first_failing
                              : number == allocator.first_failing;
}

static void *counted(void *block)
{
    if (block)
        allocator.live++;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails(ALLOCATION_OF_C) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(ALLOCATION_OF_C) ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails(ALLOCATION_OF_C))
        return NULL;
    void *moved = __real_realloc(block, size);
    if (moved && !block)
        allocator.live++;
    return moved;
}

void __wrap_free(void *block)
{
    if (block)
        allocator.live--;
    __real_free(block);
}

char *__wrap_strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = __wrap_malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

static lua_State *eager; /* whose collector takes a step after each allocation, not each kilobyte */

static void step_soon(void)
{
    if (eager && lua_gc(eager, LUA_GCISRUNNING, 0))
        lua_gc(eager, LUA_GCRESTART, 0);
}

static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (new_size == 0) {
        __wrap_free(block);
        return NULL;
    }
    /* Lua counts on it that a block can always become smaller. */
    if ((!block || new_size > old_size) && fails(ALLOCATION_OF_LUA))
        return NULL;
    void *moved = __real_realloc(block, new_size);
    if (moved && !block)
        allocator.live++;
    step_soon();
    return moved;
}

static int panic(lua_State *L)
{
    fprintf(stderr, "an error that nothing caught: %s\n", lua_tostring(L, -1));
    abort();
}

lua_State *__wrap_luaL_newstate(void)
{
    lua_State *L = lua_newstate(allocate, NULL);
    if (!L)
        return NULL;
    lua_atpanic(L, panic);
#ifdef EAGER_COLLECTOR
    lua_gc(L, LUA_GCSETPAUSE, 0); /* the next collection begins where the last one ends */
    eager = L;
#endif
    return L;
}
