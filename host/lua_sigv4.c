/*
 * The binding of sigv4.h: `host.sigv4`, over which host/lib/aws/sigv4.lua is the public contract.
 *
 * sign(REQUEST) -> authorization, canonical request, string to sign, headers to send
 * presign(REQUEST, expires, payload hash | nil) -> path to send, canonical request, string to sign
 * hash(data) -> SHA-256 in hexadecimal
 *
 * REQUEST stands for twelve arguments, which the Lua side has checked: method, path, headers,
 * body | nil, region, service, time, access key, secret key, session token | nil, double encode,
 * normalize. What is wrong with the time or in the headers is answered by nil and a message.
 */
#include <lauxlib.h>
#include <math.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lua_bindings.h"
#include "memory.h"
#include "openssl.h"
#include "sigv4.h"

#define SIGNER "sigv4 signer"
#define SIGNING_KEY "sigv4 signing key"
#define MAX_KEYS 64
#define USUAL_HEADERS 8 /* a table has room for, with those of the signature */

/* The arguments' places on the stack; what comes after them differs. */
enum {
    METHOD = 1,
    PATH,
    HEADERS,
    BODY,
    REGION,
    SERVICE,
    TIME,
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    DOUBLE_ENCODE,
    NORMALIZE,
    REQUEST_END = NORMALIZE,
    EXPIRES,
    PAYLOAD_HASH,
};

#define SIGNER_UPVALUE lua_upvalueindex(1)

struct pairs {
    struct sigv4_pair *data;
    size_t capacity;
    size_t count;
};

/*
 * What one signature after the other uses, owned by a userdata. The userdata's environment holds
 * the signing keys: { [secret] = { [scope] = key } }.
 */
struct signer {
    struct pairs headers;
    struct pairs params;
    struct sigv4_text text;
    size_t key_count;
};

/* Not by OpenSSL's allocator: that hangs where memory is short and it has not been used before. */
static void wipe(void *data, size_t size)
{
    if (data)
        OPENSSL_cleanse(data, size);
    free(data);
}

/* Gives an array of `size` bytes each room for `needed`; the old one is wiped. */
static void *grown(lua_State *L, void *data, size_t *capacity, size_t needed, size_t size)
{
    size_t new_capacity = *capacity > 0 ? *capacity : 16;
    while (new_capacity < needed)
        new_capacity *= 2;
    void *larger = malloc(new_capacity * size);
    if (!larger)
        memory_raise(L);
    if (data)
        memcpy(larger, data, *capacity * size);
    wipe(data, *capacity * size);
    *capacity = new_capacity;
    return larger;
}

static void reserve_pairs(lua_State *L, struct pairs *pairs, size_t needed)
{
    if (needed > pairs->capacity)
        pairs->data = grown(L, pairs->data, &pairs->capacity, needed, sizeof *pairs->data);
}

static struct sigv4_text *cleared(struct sigv4_text *text)
{
    text->length = 0;
    return text;
}

/* Whether all of the text was written; if not, the next attempt finds room for it. */
static bool is_complete(lua_State *L, struct sigv4_text *text)
{
    if (text->length <= text->capacity)
        return true;
    text->data = grown(L, text->data, &text->capacity, text->length, 1);
    return false;
}

static struct sigv4_slice push_text(lua_State *L, const struct sigv4_text *text)
{
    struct sigv4_slice slice = {NULL, 0};
    lua_pushlstring(L, text->data, text->length);
    slice.data = lua_tolstring(L, -1, &slice.length);
    return slice;
}

/* No data where the value is nil. */
static struct sigv4_slice slice_at(lua_State *L, int index)
{
    struct sigv4_slice slice = {NULL, 0};
    slice.data = lua_tolstring(L, index, &slice.length);
    return slice;
}

static void add_header(lua_State *L, struct pairs *headers, struct sigv4_slice name,
                       struct sigv4_slice value)
{
    reserve_pairs(L, headers, headers->count + 1);
    headers->data[headers->count++] = (struct sigv4_pair){name, value};
}

/*
 * Adds one header of the request, whose name and value are on top of the stack (the table holds
 * the strings). Returns false, with a message on top, if they are not what they should be.
 */
static bool add_given_header(lua_State *L, struct pairs *headers)
{
    if (lua_type(L, -2) != LUA_TSTRING) {
        lua_pushfstring(L, "headers: expected names, got a %s", luaL_typename(L, -2));
        return false;
    }
    struct sigv4_slice name = slice_at(L, -2);
    if (lua_type(L, -1) == LUA_TSTRING) {
        add_header(L, headers, name, slice_at(L, -1));
        return true;
    }
    size_t count = lua_type(L, -1) == LUA_TTABLE ? lua_objlen(L, -1) : 0;
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, (int)i);
        bool is_string = lua_type(L, -1) == LUA_TSTRING;
        if (is_string)
            add_header(L, headers, name, slice_at(L, -1));
        lua_pop(L, 1);
        if (!is_string)
            count = 0;
    }
    if (count == 0)
        lua_pushfstring(L, "headers.%s: expected a string or a list of strings", name.data);
    return count > 0;
}

/* What the signature brings itself; a request that is signed again has it already. */
static bool is_replaced(const char *name, struct sigv4_slice session_token)
{
    return strcasecmp(name, "authorization") == 0 || strcasecmp(name, "x-amz-date") == 0 ||
           (session_token.data && strcasecmp(name, "x-amz-security-token") == 0);
}

/*
 * Collects the given headers but for those that are replaced, and copies them into the table at
 * `copy`, unless that is 0. Returns false, with a message on top of the stack, if they are wrong.
 */
static bool collect_headers(lua_State *L, struct pairs *headers, struct sigv4_slice session_token,
                            int copy)
{
    headers->count = 0;
    for (lua_pushnil(L); lua_next(L, HEADERS); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING && is_replaced(lua_tostring(L, -2), session_token))
            continue;
        if (!add_given_header(L, headers))
            return false;
        if (copy) {
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, copy);
        }
    }
    return true;
}

/* Signs and sends a header with the value on top of the stack, which is popped. */
static void add_own_header(lua_State *L, struct pairs *headers, const char *name, int copy)
{
    add_header(L, headers, (struct sigv4_slice){name, strlen(name)}, slice_at(L, -1));
    lua_setfield(L, copy, name);
}

/*
 * Leaves the headers that are signed, in order. Returns false, with a message on top of the stack,
 * if there is no host among them, or one in two spellings, whose order nobody could tell.
 */
static bool select_headers(lua_State *L, struct pairs *headers)
{
    bool has_host = false;

    headers->count = sigv4_select_headers(headers->data, headers->count);
    for (size_t i = 0; i < headers->count; i++) {
        const char *name = headers->data[i].name.data;
        const char *previous = i > 0 ? headers->data[i - 1].name.data : name;
        if (name != previous && strcasecmp(name, previous) == 0) {
            lua_pushfstring(L, "headers: %s and %s are one header", previous, name);
            return false;
        }
        has_host = has_host || strcasecmp(name, "host") == 0;
    }
    if (!has_host)
        lua_pushliteral(L, "headers: a host is needed");
    return has_host;
}

/* Splits what is to be sent into path and parameters. */
static void set_path(lua_State *L, struct sigv4_request *request, struct pairs *params,
                     struct sigv4_slice path)
{
    const char *mark = path.length > 0 ? memchr(path.data, '?', path.length) : NULL;
    struct sigv4_slice query = {NULL, 0};

    request->path = path;
    if (mark) {
        request->path.length = (size_t)(mark - path.data);
        query = (struct sigv4_slice){mark + 1, path.length - request->path.length - 1};
    }
    params->count = sigv4_split_query(query, params->data, params->capacity);
    if (params->count > params->capacity) {
        reserve_pairs(L, params, params->count);
        sigv4_split_query(query, params->data, params->capacity);
    }
    request->params = params->data;
    request->param_count = params->count;
}

/* Returns false, with a message on top of the stack, for a time that has no such text. */
static bool read_time(lua_State *L, char time[SIGV4_TIME_SIZE])
{
    lua_Number seconds = floor(lua_tonumber(L, TIME));
    bool is_valid = seconds >= 0 && seconds < 1e15 && sigv4_time((int64_t)seconds, time);
    if (!is_valid)
        lua_pushliteral(L, "time: expected seconds since 1970");
    return is_valid;
}

static struct sigv4_slice push_scope(lua_State *L, struct sigv4_text *text,
                                     const char time[SIGV4_TIME_SIZE])
{
    do
        sigv4_scope(cleared(text), time, slice_at(L, REGION), slice_at(L, SERVICE));
    while (!is_complete(L, text));
    return push_text(L, text);
}

/* Pushes the table of the secret's keys. When all of them have become many, they begin anew. */
static void push_keys(lua_State *L, struct signer *signer)
{
    if (signer->key_count >= MAX_KEYS) {
        lua_newtable(L);
        lua_setfenv(L, SIGNER_UPVALUE);
        signer->key_count = 0;
    }
    lua_getfenv(L, SIGNER_UPVALUE);
    lua_pushvalue(L, SECRET_KEY);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1))
        return;
    lua_newtable(L);
    lua_pushvalue(L, SECRET_KEY);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
}

/* The signing key for the scope at `scope`, kept from before or derived; leaves it on the stack. */
static const struct sigv4_key *signing_key(lua_State *L, struct signer *signer, int scope,
                                           const char time[SIGV4_TIME_SIZE])
{
    push_keys(L, signer);
    lua_pushvalue(L, scope);
    lua_rawget(L, -2);
    struct sigv4_key *key = lua_touserdata(L, -1);
    if (key)
        return key;

    key = lua_newuserdata(L, sizeof *key);
    sigv4_key_derive(key, slice_at(L, SECRET_KEY), time, slice_at(L, REGION), slice_at(L, SERVICE));
    luaL_getmetatable(L, SIGNING_KEY);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, scope);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
    signer->key_count++;
    return key;
}

/*
 * Pushes the canonical request and the string to sign, and writes the signature, of a request whose
 * path and parameters are set. Its scope is at `scope`.
 */
static void push_signature(lua_State *L, struct signer *signer, struct sigv4_request *request,
                           int scope, const char time[SIGV4_TIME_SIZE],
                           char signature[SIGV4_HEX_SIZE])
{
    struct sigv4_text *text = &signer->text;

    request->method = slice_at(L, METHOD);
    request->body = slice_at(L, BODY);
    request->headers = signer->headers.data;
    request->header_count = signer->headers.count;
    request->double_encode = lua_toboolean(L, DOUBLE_ENCODE);
    request->normalize = lua_toboolean(L, NORMALIZE);

    const struct sigv4_key *key = signing_key(L, signer, scope, time);
    do
        sigv4_canonical_request(cleared(text), request);
    while (!is_complete(L, text));
    struct sigv4_slice canonical_request = push_text(L, text);
    do
        sigv4_string_to_sign(cleared(text), time, slice_at(L, scope), canonical_request);
    while (!is_complete(L, text));
    sigv4_signature(key, push_text(L, text), signature);
}

/* nil and the message on top of the stack */
static int fail(lua_State *L)
{
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

static int sign(lua_State *L)
{
    enum { HEADERS_TO_SEND = REQUEST_END + 1, SCOPE };
    struct signer *signer = lua_touserdata(L, SIGNER_UPVALUE);
    struct pairs *headers = &signer->headers;
    struct sigv4_request request = {0};
    char time[SIGV4_TIME_SIZE], signature[SIGV4_HEX_SIZE];

    lua_settop(L, REQUEST_END);
    struct sigv4_slice session_token = slice_at(L, SESSION_TOKEN);
    lua_createtable(L, 0, USUAL_HEADERS); /* HEADERS_TO_SEND */
    if (!read_time(L, time) || !collect_headers(L, headers, session_token, HEADERS_TO_SEND))
        return fail(L);
    lua_pushstring(L, time);
    add_own_header(L, headers, "x-amz-date", HEADERS_TO_SEND);
    if (session_token.data) {
        lua_pushvalue(L, SESSION_TOKEN);
        add_own_header(L, headers, "x-amz-security-token", HEADERS_TO_SEND);
    }
    if (!select_headers(L, headers))
        return fail(L);

    set_path(L, &request, &signer->params, slice_at(L, PATH));
    struct sigv4_slice scope = push_scope(L, &signer->text, time); /* SCOPE */
    push_signature(L, signer, &request, SCOPE, time, signature);
    do
        sigv4_authorization(cleared(&signer->text), slice_at(L, ACCESS_KEY), scope, headers->data,
                            headers->count, signature);
    while (!is_complete(L, &signer->text));
    push_text(L, &signer->text);
    lua_pushvalue(L, -1);
    lua_setfield(L, HEADERS_TO_SEND, "authorization");
    lua_insert(L, -3); /* authorization, canonical request, string to sign */
    lua_pushvalue(L, HEADERS_TO_SEND);
    return 4;
}

/* What comes between a path and one parameter more. */
static const char *query_separator(struct sigv4_slice path)
{
    const char *mark = path.length > 0 ? memchr(path.data, '?', path.length) : NULL;
    if (!mark)
        return "?";
    return mark == path.data + path.length - 1 ? "" : "&";
}

static int presign(lua_State *L)
{
    enum { SCOPE = PAYLOAD_HASH + 1, FULL_PATH };
    struct signer *signer = lua_touserdata(L, SIGNER_UPVALUE);
    struct pairs *headers = &signer->headers;
    struct sigv4_text *text = &signer->text;
    struct sigv4_request request = {0};
    char time[SIGV4_TIME_SIZE], signature[SIGV4_HEX_SIZE];

    lua_settop(L, PAYLOAD_HASH);
    struct sigv4_slice session_token = slice_at(L, SESSION_TOKEN);
    if (!read_time(L, time) || !collect_headers(L, headers, session_token, 0) ||
        !select_headers(L, headers))
        return fail(L);

    struct sigv4_slice scope = push_scope(L, text, time); /* SCOPE */
    do
        sigv4_presign_query(cleared(text), slice_at(L, ACCESS_KEY), scope, time,
                            (unsigned)lua_tointeger(L, EXPIRES), headers->data, headers->count,
                            session_token);
    while (!is_complete(L, text));
    lua_pushvalue(L, PATH);
    lua_pushstring(L, query_separator(slice_at(L, PATH)));
    push_text(L, text);
    lua_concat(L, 3); /* FULL_PATH */

    set_path(L, &request, &signer->params, slice_at(L, FULL_PATH));
    request.payload_hash = slice_at(L, PAYLOAD_HASH);
    push_signature(L, signer, &request, SCOPE, time, signature);
    lua_pushvalue(L, FULL_PATH);
    lua_pushliteral(L, "&X-Amz-Signature=");
    lua_pushstring(L, signature);
    lua_concat(L, 3);
    lua_insert(L, -3); /* path, canonical request, string to sign */
    return 3;
}

static int hash(lua_State *L)
{
    struct sigv4_slice data = {NULL, 0};
    char hex[SIGV4_HEX_SIZE];

    data.data = luaL_checklstring(L, 1, &data.length);
    sigv4_hash(data, hex);
    lua_pushstring(L, hex);
    return 1;
}

static int collect_signer(lua_State *L)
{
    struct signer *signer = lua_touserdata(L, 1);
    wipe(signer->text.data, signer->text.capacity);
    free(signer->headers.data);
    free(signer->params.data);
    return 0;
}

static int collect_key(lua_State *L)
{
    sigv4_key_wipe(lua_touserdata(L, 1));
    return 0;
}

static void new_metatable(lua_State *L, const char *name, lua_CFunction collect)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

int luaopen_host_sigv4(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"sign", sign},
        {"presign", presign},
        {"hash", hash},
        {NULL, NULL},
    };

    openssl_begin();
    new_metatable(L, SIGNING_KEY, collect_key);
    new_metatable(L, SIGNER, collect_signer);
    lua_newtable(L); /* the module */
    struct signer *signer = lua_newuserdata(L, sizeof *signer);
    *signer = (struct signer){0};
    luaL_getmetatable(L, SIGNER);
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_setfenv(L, -2);
    for (const luaL_Reg *function = functions; function->name; function++) {
        lua_pushvalue(L, -1);
        lua_pushcclosure(L, function->func, 1);
        lua_setfield(L, -3, function->name);
    }
    lua_pop(L, 1);
    return 1;
}
