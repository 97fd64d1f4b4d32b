#include "memory.h"

#include <lua.h>

static const size_t MB = 1024 * 1024;

/* What the program takes at rest, a TLS connection or ten, and a sixteenth for fragments. */
static const size_t RESERVE = 24, RESERVED_PART = 16;

/* In MB: for what catches an error of memory, and once more for its report. */
static const size_t RELIEF = 4;

/* Of the cap, between two collections in a hurry: with little garbage they find little. */
static const size_t LEAST_STEP_PART = 32;

enum { LEAST_PAUSE = 105, WHOLE_CYCLE = 0 };

static struct {
    lua_State *L;
    lua_Alloc allocate; /* the allocator that does the work, and its argument */
    void *user;
    size_t used, cap;  /* bytes */
    size_t relief;     /* more than the cap */
    size_t short_from; /* where the collector begins to hurry */
    size_t hurry_at;   /* where it is to hurry next */
    size_t calm_below; /* where there is nothing to look at: short_from, 0 while it hurries */
    bool hurries;
    int usual_pause, usual_step; /* the collector's, when it does not */
} memory;

/* The size of LuaJIT's chunk for a block: 8 bytes more, in steps of 16. */
static size_t chunk(size_t size)
{
    return size ? (size + 23) & ~(size_t)15 : 0;
}

/*
 * Makes Lua's next look at the collector a whole collection, and those after it as frequent as the
 * rest of the memory demands. A collection cannot run here: Lua is in the midst of an allocation.
 */
static void hurry(void)
{
    size_t left = memory.cap > memory.used ? memory.cap - memory.used : 0;
    int pause = 100 + (int)(50 * left / memory.used);
    pause = lua_gc(memory.L, LUA_GCSETPAUSE, pause > LEAST_PAUSE ? pause : LEAST_PAUSE);
    int step_before = lua_gc(memory.L, LUA_GCSETSTEPMUL, WHOLE_CYCLE);
    if (!memory.hurries) {
        memory.hurries = true;
        memory.calm_below = 0;
        memory.usual_pause = pause;
        memory.usual_step = step_before;
    }
    if (lua_gc(memory.L, LUA_GCISRUNNING, 0))
        lua_gc(memory.L, LUA_GCRESTART, 0);
    size_t step = left / 4, least = memory.cap / LEAST_STEP_PART;
    memory.hurry_at = memory.used + (step > least ? step : least);
}

static void relax(void)
{
    memory.hurry_at = memory.calm_below = memory.short_from;
    memory.hurries = false;
    memory.relief = 0;
    lua_gc(memory.L, LUA_GCSETPAUSE, memory.usual_pause);
    lua_gc(memory.L, LUA_GCSETSTEPMUL, memory.usual_step);
}

static void count(size_t used)
{
    memory.used = used;
    if (used > memory.hurry_at)
        hurry();
    else if (memory.hurries && used < memory.short_from)
        relax();
}

/* Whether there is room for more. If not, the next bytes are for whoever catches the error. */
static bool fits(size_t more)
{
    size_t most = memory.cap + memory.relief;
    if (more <= most && memory.used <= most - more)
        return true;
    if (memory.used > memory.short_from && memory.relief == 0) {
        memory.relief = RELIEF * MB;
        hurry();
    }
    return false;
}

static void *allocate_carefully(void *block, size_t old_size, size_t new_size)
{
    size_t before = chunk(old_size), after = chunk(new_size);
    if (after > before && !fits(after - before))
        return NULL;
    void *moved = memory.allocate(memory.user, block, old_size, new_size);
    if (moved || !new_size)
        count(memory.used + after - before);
    return moved;
}

static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    size_t used = memory.used + chunk(new_size) - chunk(old_size);
    if (used >= memory.calm_below)
        return allocate_carefully(block, old_size, new_size);
    void *moved = memory.allocate(memory.user, block, old_size, new_size);
    if (moved || !new_size)
        memory.used = used;
    return moved;
}

void memory_cap(lua_State *L, size_t setting)
{
    size_t reserve = RESERVE + setting / RESERVED_PART;
    if (setting <= reserve)
        return;
    memory.L = L;
    memory.allocate = lua_getallocf(L, &memory.user);
    memory.used = (size_t)lua_gc(L, LUA_GCCOUNT, 0) * 1024;
    memory.cap = (setting - reserve) * MB;
    memory.short_from = memory.cap / 2;
    memory.hurry_at = memory.calm_below = memory.short_from;
    lua_setallocf(L, allocate, NULL);
}

void memory_uncap(void)
{
    if (memory.L)
        lua_setallocf(memory.L, memory.allocate, memory.user);
    memory.L = NULL;
}

size_t memory_capped_at(void)
{
    return memory.cap / MB;
}

bool memory_is_short(void)
{
    return memory.used > memory.cap - memory.cap / 8;
}

bool memory_take(size_t bytes)
{
    if (!memory.L)
        return true;
    if (!fits(bytes))
        return false;
    count(memory.used + bytes);
    return true;
}

void memory_give(size_t bytes)
{
    if (memory.L)
        count(memory.used - bytes);
}

void memory_relieve(void)
{
    if (memory.used > memory.short_from)
        memory.relief = 2 * RELIEF * MB;
}

int memory_raise(lua_State *L)
{
    lua_pushliteral(L, "not enough memory"); /* without a place, as Lua has it */
    return lua_error(L);
}
