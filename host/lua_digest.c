/*
 * `host.digest`: checksums and digests of strings, as raw bytes.
 *
 * md5(data), sha1(data), sha256(data)
 * hmac_sha256(key, data)
 * crc32(data), crc32c(data): four bytes, the highest first
 * hex(bytes): two lower-case digits a byte
 */
#include <lauxlib.h>
#include <openssl/evp.h>

#include "crc32.h"
#include "lua_bindings.h"
#include "openssl.h"

static int push_digest(lua_State *L, const char *algorithm)
{
    size_t length, digest_length;
    const char *data = luaL_checklstring(L, 1, &length);
    unsigned char digest[EVP_MAX_MD_SIZE];

    openssl_begin();
    if (!EVP_Q_digest(NULL, algorithm, NULL, data, length, digest, &digest_length))
        return luaL_error(L, "this OpenSSL has no %s", algorithm);
    lua_pushlstring(L, (const char *)digest, digest_length);
    return 1;
}

static int md5(lua_State *L)
{
    return push_digest(L, "MD5");
}

static int sha1(lua_State *L)
{
    return push_digest(L, "SHA1");
}

static int sha256(lua_State *L)
{
    return push_digest(L, "SHA256");
}

static int hmac_sha256(lua_State *L)
{
    size_t key_length, length, digest_length;
    const char *key = luaL_checklstring(L, 1, &key_length);
    const unsigned char *data = (const unsigned char *)luaL_checklstring(L, 2, &length);
    unsigned char digest[EVP_MAX_MD_SIZE];

    openssl_begin();
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_length, data, length, digest,
                   sizeof digest, &digest_length))
        return luaL_error(L, "this OpenSSL has no HMAC of SHA256");
    lua_pushlstring(L, (const char *)digest, digest_length);
    return 1;
}

static int push_crc(lua_State *L, uint32_t (*function)(uint32_t, const void *, size_t))
{
    size_t length;
    const char *data = luaL_checklstring(L, 1, &length);
    uint32_t crc = function(0, data, length);
    const char bytes[] = {(char)(crc >> 24), (char)(crc >> 16), (char)(crc >> 8), (char)crc};

    lua_pushlstring(L, bytes, sizeof bytes);
    return 1;
}

static int push_crc32(lua_State *L)
{
    return push_crc(L, crc32_ieee);
}

static int push_crc32c(lua_State *L)
{
    return push_crc(L, crc32c);
}

static int hex(lua_State *L)
{
    static const char digits[] = "0123456789abcdef";
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    luaL_Buffer buffer;

    luaL_buffinit(L, &buffer);
    for (size_t i = 0; i < length; i++) {
        luaL_addchar(&buffer, digits[(unsigned char)bytes[i] >> 4]);
        luaL_addchar(&buffer, digits[bytes[i] & 15]);
    }
    luaL_pushresult(&buffer);
    return 1;
}

int luaopen_host_digest(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"md5", md5},          {"sha1", sha1},
        {"sha256", sha256},    {"hmac_sha256", hmac_sha256},
        {"crc32", push_crc32}, {"crc32c", push_crc32c},
        {"hex", hex},          {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
