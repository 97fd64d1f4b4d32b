/*
 * expat_floor FILE ROUNDS: parses a file with expat alone, in pieces as curl hands them over, with
 * handlers that do nothing. Prints the microseconds of each round on a line of its own.
 */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PIECE = 16384 };

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    (void)data, (void)name, (void)attributes;
}

static void on_end(void *data, const XML_Char *name)
{
    (void)data, (void)name;
}

static void on_text(void *data, const XML_Char *text, int length)
{
    (void)data, (void)text, (void)length;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int parse(const char *text, size_t length)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    int ok = parser != NULL;
    if (!parser)
        return 0;
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    for (size_t at = 0; ok && at < length; at += PIECE) {
        size_t piece = length - at < PIECE ? length - at : PIECE;
        ok = XML_Parse(parser, text + at, (int)piece, at + piece == length) == XML_STATUS_OK;
    }
    XML_ParserFree(parser);
    return ok;
}

int main(int argc, char **argv)
{
    static char text[8 << 20];
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fputs("usage: expat_floor FILE ROUNDS\n", stderr);
        return 1;
    }
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    for (int round = atoi(argv[2]); round > 0; round--) {
        double before = now();
        if (!parse(text, length))
            return 1;
        printf("%.1f\n", now() - before);
    }
    return 0;
}
