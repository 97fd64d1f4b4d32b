/*
 * `host.bytecode`: a function's Lua files, as source and as what it compiles to.
 *
 * A bundle holds the files as source, so that they can be read and edited in the Lambda console,
 * and in one more file, which bundle.bytecode writes, their bytecode. A file's is good while the
 * file's sum is that of what was compiled; one that was edited since is compiled from its source.
 *
 * FILE: the name of the file of bytecode
 * sum(text) -> 8 bytes
 * open(root) -> files
 * files:load(path) -> chunk | nil, what the compiler says | nothing, where there is no such file
 */
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <luajit.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua_bindings.h"
#include "memory.h"

#define FILES "files"
#define FILE_NAME "bytecode"

/* A runtime in a layer may have another compiler than the bundle was made with. */
static const char header[] = LUAJIT_VERSION "\n";

/* What precedes each file's path and bytecode. The numbers' lowest byte is the first. */
struct entry {
    uint64_t sum;
    uint32_t path_size, code_size;
};

/* In its environment are the places of the entries in the mapped file, by path. */
struct files {
    const char *map; /* NULL where there is none */
    size_t map_size;
    char *text; /* the last source */
    size_t length, room;
    char root[];
};

/* ---- sums ---- */

/* Sums that differ, or words that do, never become one: an edit within one word is always seen. */
static uint64_t mix(uint64_t sum, const char *bytes, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    return sum ^ sum >> 32;
}

static uint64_t sum_of(const char *text, size_t length)
{
    uint64_t sum = length;
    for (; length >= sizeof sum; text += sizeof sum, length -= sizeof sum)
        sum = mix(sum, text, sizeof sum);
    return mix(sum, text, length);
}

static int push_sum(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    uint64_t sum = sum_of(text, length);
    lua_pushlstring(L, (const char *)&sum, sizeof sum);
    return 1;
}

/* ---- files ---- */

/* A descriptor of one of the function's files; -1 where there is none of that name. */
static int open_file(const struct files *files, const char *name, struct stat *status)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", files->root, name) >= sizeof path)
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, status) == 0 && S_ISREG(status->st_mode))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool reserve(struct files *files, size_t room)
{
    if (room <= files->room)
        return true;
    char *text = realloc(files->text, room);
    if (!text)
        return false;
    files->text = text;
    files->room = room;
    return true;
}

/* Reads a source. Returns false where memory is short; the length is 0 if it cannot be read. */
static bool read_source(struct files *files, int fd, size_t size)
{
    enum { LEAST_ROOM = 16 << 10 };
    ssize_t got = 1;
    files->length = 0;
    if (!reserve(files, size > LEAST_ROOM ? size : LEAST_ROOM))
        return false;
    while (files->length < size && got > 0) {
        got = read(fd, files->text + files->length, size - files->length);
        files->length += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* ---- the file of bytecode ---- */

/* The path and the bytecode of the entry at a place; NULL where the file is cut short. */
static const char *read_entry(const struct files *files, size_t at, struct entry *entry)
{
    size_t left = files->map_size - at;
    if (left < sizeof *entry)
        return NULL;
    memcpy(entry, files->map + at, sizeof *entry);
    left -= sizeof *entry;
    if (left < entry->path_size || left - entry->path_size < entry->code_size)
        return NULL;
    return files->map + at + sizeof *entry;
}

/* Notes the entries' places in the table at the top of the stack. */
static void note_entries(lua_State *L, const struct files *files)
{
    struct entry entry;
    const char *path;
    size_t at = sizeof header - 1;
    if (files->map_size < at || memcmp(files->map, header, at) != 0)
        return;
    for (; (path = read_entry(files, at, &entry));
         at += sizeof entry + entry.path_size + entry.code_size) {
        lua_pushlstring(L, path, entry.path_size);
        lua_pushnumber(L, (lua_Number)at);
        lua_rawset(L, -3);
    }
}

static void map_bytecode(struct files *files)
{
    struct stat status;
    int fd = open_file(files, FILE_NAME, &status);
    if (fd < 0)
        return;
    size_t size = (size_t)status.st_size;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (map != MAP_FAILED) { /* as one is that has no bytes */
        files->map = map;
        files->map_size = size;
    }
    close(fd);
}

static int open_files(lua_State *L)
{
    size_t length;
    const char *root = luaL_checklstring(L, 1, &length);
    struct files *files = lua_newuserdata(L, sizeof *files + length + 1);
    memset(files, 0, sizeof *files);
    memcpy(files->root, root, length + 1);
    luaL_getmetatable(L, FILES);
    lua_setmetatable(L, -2);
    map_bytecode(files);
    lua_newtable(L);
    note_entries(L, files);
    lua_setfenv(L, -2);
    return 1;
}

static int files_gc(lua_State *L)
{
    struct files *files = luaL_checkudata(L, 1, FILES);
    if (files->map)
        munmap((void *)files->map, files->map_size);
    free(files->text);
    files->map = NULL;
    files->text = NULL;
    return 0;
}

/* ---- loading ---- */

/* Makes the bytecode of a path, which is at the top of the stack, the chunk, if it is good. */
static void prefer_bytecode(lua_State *L, const struct files *files, const char **chunk,
                            size_t *size)
{
    struct entry entry;
    lua_getfenv(L, 1);
    lua_pushvalue(L, -2);
    lua_rawget(L, -2);
    size_t at = (size_t)lua_tonumber(L, -1); /* 0 where there is none */
    lua_pop(L, 2);
    if (!at)
        return;
    const char *path = read_entry(files, at, &entry);
    if (entry.sum != sum_of(*chunk, *size))
        return;
    *chunk = path + entry.path_size;
    *size = entry.code_size;
}

static int load_file(lua_State *L)
{
    struct files *files = luaL_checkudata(L, 1, FILES);
    const char *path = luaL_checkstring(L, 2);
    struct stat status;
    lua_settop(L, 2);
    int fd = open_file(files, path, &status);
    if (fd < 0)
        return 0;
    bool has_room = read_source(files, fd, (size_t)status.st_size);
    close(fd);
    if (!has_room)
        return memory_raise(L);

    const char *chunk = files->text;
    size_t size = files->length;
    prefer_bytecode(L, files, &chunk, &size);
    if (luaL_loadbuffer(L, chunk, size, lua_pushfstring(L, "@%s", path)) == 0)
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

int luaopen_host_bytecode(lua_State *L)
{
    static const luaL_Reg methods[] = {{"load", load_file}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", open_files}, {"sum", push_sum}, {NULL, NULL}};

    luaL_newmetatable(L, FILES);
    lua_pushcfunction(L, files_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");

    lua_newtable(L);
    luaL_register(L, NULL, functions);
    lua_pushliteral(L, FILE_NAME);
    lua_setfield(L, -2, "FILE");
    return 1;
}
