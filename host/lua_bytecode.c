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
#include <luajit.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua_bindings.h"
#include "memory.h"

#define FILES "files"
#define FILE_NAME "bytecode"

/* The file. Its numbers have their lowest byte first, as both processors have them. */
struct archive {
    char compiler[32]; /* a runtime in a layer may have another than the bundle was made with */
    uint32_t size, count;
    struct entry {
        uint64_t sum;        /* of the source */
        uint32_t path, code; /* from the archive's begin */
        uint32_t code_size, reserved;
    } entries[]; /* sorted by path */
};

struct files {
    int root;                      /* a descriptor of the folder */
    const struct archive *archive; /* NULL where there is none that fits */
    char *text;                    /* the last source */
    size_t length, room;
};

enum found { NOT_THERE, NO_MEMORY, READ };

/* ---- sums ---- */

static uint64_t word_at(const char *bytes, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    return word;
}

/* Sums that differ, or words that do, never become one: an edit within one word is always seen. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    return sum ^ sum >> 32;
}

/* Four sums side by side, so that the processor need not wait for each, and then one of these. */
static uint64_t sum_of(const char *text, size_t length)
{
    enum { WORD = sizeof(uint64_t), LANES = 4 };
    uint64_t lanes[LANES] = {0}, sum = length;
    for (; length >= sizeof lanes; text += sizeof lanes, length -= sizeof lanes)
        for (int i = 0; i < LANES; i++)
            lanes[i] = mix(lanes[i], word_at(text + i * WORD, WORD));
    for (int i = 0; i < LANES; i++)
        sum = mix(sum, lanes[i]);
    for (; length >= WORD; text += WORD, length -= WORD)
        sum = mix(sum, word_at(text, WORD));
    return mix(sum, word_at(text, length));
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

/* A regular file ends where less comes than was asked for, so it need not be asked its size. */
static enum found read_all(struct files *files, int fd)
{
    enum { PIECE = 16 << 10 };
    files->length = 0;
    do {
        if (!reserve(files, files->length + PIECE))
            return NO_MEMORY;
        ssize_t got = read(fd, files->text + files->length, files->room - files->length);
        if (got < 0) /* as of a folder */
            return NOT_THERE;
        files->length += (size_t)got;
    } while (files->length == files->room);
    return READ;
}

static enum found read_source(struct files *files, const char *path)
{
    int fd = openat(files->root, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NOT_THERE;
    enum found found = read_all(files, fd);
    close(fd);
    return found;
}

/* ---- the file of bytecode ---- */

static bool fits(const struct archive *archive, size_t size)
{
    return size >= sizeof *archive && archive->size == size &&
           strncmp(archive->compiler, LUAJIT_VERSION, sizeof archive->compiler) == 0;
}

static void map_archive(struct files *files)
{
    struct stat status;
    int fd = openat(files->root, FILE_NAME, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    size_t size = fstat(fd, &status) == 0 ? (size_t)status.st_size : 0;
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) /* as for a file that is empty, or a folder */
        return;
    if (fits(map, size))
        files->archive = map;
    else
        munmap(map, size);
}

static const char *at(const struct archive *archive, uint32_t offset)
{
    return (const char *)archive + offset;
}

/* NULL where the archive has nothing of that path. */
static const struct entry *find_entry(const struct archive *archive, const char *path)
{
    uint32_t low = 0, high = archive ? archive->count : 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int order = strcmp(path, at(archive, archive->entries[middle].path));
        if (order == 0)
            return &archive->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int open_files(lua_State *L)
{
    const char *root = luaL_checkstring(L, 1);
    struct files *files = lua_newuserdata(L, sizeof *files);
    *files = (struct files){.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    luaL_getmetatable(L, FILES);
    lua_setmetatable(L, -2);
    map_archive(files);
    return 1;
}

/* The archive stays: functions have their numbers of lines and names of variables in it. */
static int files_gc(lua_State *L)
{
    struct files *files = luaL_checkudata(L, 1, FILES);
    if (files->root >= 0)
        close(files->root);
    free(files->text);
    *files = (struct files){.root = -1};
    return 0;
}

/* ---- loading ---- */

static int load_file(lua_State *L)
{
    struct files *files = luaL_checkudata(L, 1, FILES);
    const char *path = luaL_checkstring(L, 2);
    lua_settop(L, 2);
    enum found found = read_source(files, path);
    if (found == NO_MEMORY)
        return memory_raise(L);
    if (found == NOT_THERE)
        return 0;

    const char *name = lua_pushfstring(L, "@%s", path), *chunk = files->text, *mode = NULL;
    size_t size = files->length;
    const struct entry *entry = find_entry(files->archive, path);
    if (entry && entry->sum == sum_of(chunk, size)) {
        chunk = at(files->archive, entry->code);
        size = entry->code_size;
        mode = "bS"; /* see vendor/patches/luajit-debug-information.patch */
    }
    if (luaL_loadbufferx(L, chunk, size, name, mode) == 0)
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
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");

    luaL_newlib(L, functions);
    lua_pushliteral(L, FILE_NAME);
    lua_setfield(L, -2, "FILE");
    return 1;
}
