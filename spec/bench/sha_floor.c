/*
 * sha_floor BODY CANONICAL STRING ROUNDS: hashes as many bytes as one SigV4 signature with a known
 * key does, with OpenSSL's SHA-256 alone: the body, the canonical request, and the HMAC of the
 * string to sign. Prints the nanoseconds of one such set for each round.
 */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONGEST = 4096, SETS = 20000, BLOCK = 64 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What one digest feeds into the next keeps the compiler from leaving any out. */
static void hash(unsigned char *text, size_t length, unsigned char *digest)
{
    SHA256_CTX context;
    text[0] ^= digest[0];
    SHA256_Init(&context);
    SHA256_Update(&context, text, length);
    SHA256_Final(digest, &context);
}

int main(int argc, char **argv)
{
    static unsigned char text[LONGEST + BLOCK];
    unsigned char digest[SHA256_DIGEST_LENGTH] = {0};
    size_t lengths[3];
    for (int i = 0; i < 3; i++) {
        lengths[i] = argc == 5 ? strtoul(argv[i + 1], NULL, 10) : LONGEST + 1;
        if (lengths[i] > LONGEST) {
            fputs("usage: sha_floor BODY CANONICAL STRING ROUNDS\n", stderr);
            return 1;
        }
    }
    /* Asks what the processor has. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
    memset(text, 'a', sizeof text);
    for (int round = atoi(argv[4]); round > 0; round--) {
        double before = now();
        for (int i = 0; i < SETS; i++) {
            hash(text, lengths[0], digest);
            hash(text, lengths[1], digest);
            hash(text, BLOCK + lengths[2], digest);
            hash(text, BLOCK + sizeof digest, digest);
        }
        printf("%.1f\n", (now() - before) / SETS);
    }
    return 0;
}
