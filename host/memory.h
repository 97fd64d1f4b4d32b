/*
 * The cap of the process's memory: what Lua allocates, and the bodies of answers, may together take
 * so much and no more. Lua's code then gets the error "not enough memory", long before the kernel
 * would end the process without a word.
 *
 * Lua 5.1 raises that error without looking for garbage first. So the collector is made to hurry
 * when memory is getting short.
 */
#ifndef LUALAMBDA_MEMORY_H
#define LUALAMBDA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;

/*
 * Caps the memory of the process's one Lua state, for a function that may use `setting` MB: the
 * cap leaves a reserve for the program itself and what libcurl and OpenSSL take. 0: no cap.
 */
void memory_cap(struct lua_State *L, size_t setting);

/* Takes the cap away; to be called before lua_close. */
void memory_uncap(void);

/* The cap in MB, or 0 where there is none. */
size_t memory_capped_at(void);

/* Whether so little is left below the cap that not much can go on. */
bool memory_is_short(void);

/*
 * Counts bytes that are allocated elsewhere. False, and nothing counted, where they would exceed
 * the cap. What was taken is given back when it is freed.
 */
bool memory_take(size_t bytes);
void memory_give(size_t bytes);

/*
 * Lets the report of an error have somewhat more than the cap, since the memory that it is about is
 * not free yet. Ends when it is.
 */
void memory_relieve(void);

/* Raises what Lua itself raises where memory is short, when another allocator has failed. */
int memory_raise(struct lua_State *L);

#endif
