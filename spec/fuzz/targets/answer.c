/* An HTTP answer: however it is cut into pieces, the same is read of it. */
#include "answer.h"

#include "fuzz.h"

enum { MOST = 4096 };

struct reading {
    struct answer answer;
    enum answer_state state;
    char *data;
};

/* Reads an answer whose bytes come in pieces. */
static struct reading read_in_pieces(const uint8_t *data, size_t size, uint32_t seed)
{
    struct reading reading = {.state = ANSWER_MORE};
    size_t length = 0;
    while (reading.state == ANSWER_MORE) {
        size_t piece = seed ? piece_size(&seed, size - length) : size;
        char *longer = malloc(length + piece + 1);
        HOLDS(longer);
        if (length)
            memcpy(longer, reading.data, length);
        if (piece)
            memcpy(longer + length, data + length, piece);
        free(reading.data);
        length += piece;
        reading.data = exact_copy(longer, length);
        free(longer);
        bool closed = length == size;
        reading.state = answer_read(&reading.answer, reading.data, length, closed, MOST);
        HOLDS(!closed || reading.state != ANSWER_MORE);
    }
    HOLDS(reading.state != ANSWER_WHOLE || reading.answer.at <= length);
    return reading;
}

static void check_whole(const struct reading *reading)
{
    const struct answer *answer = &reading->answer;
    HOLDS(answer->status >= 200 && answer->status <= 999);
    HOLDS(answer->body.length <= MOST);
    HOLDS(answer->body.start + answer->body.length <= answer->at);
    HOLDS(answer->field_count <= ANSWER_MOST_FIELDS);
    size_t at = 0;
    for (size_t i = 0; i < answer->field_count; i++) {
        const struct answer_slice *name = &answer->names[i], *value = &answer->values[i];
        HOLDS(name->start >= at && name->length > 0);
        HOLDS(reading->data[name->start + name->length] == ':');
        HOLDS(value->start > name->start + name->length);
        at = value->start + value->length;
    }
    HOLDS(at <= answer->body.start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t seed = take_byte(&data, &size) + 1u;
    struct reading whole = read_in_pieces(data, size, 0), pieces = read_in_pieces(data, size, seed);
    HOLDS(whole.state == pieces.state);
    if (whole.state == ANSWER_WHOLE) {
        check_whole(&whole);
        const struct answer_slice *a = &whole.answer.body, *b = &pieces.answer.body;
        HOLDS(whole.answer.status == pieces.answer.status);
        HOLDS(a->length == b->length);
        HOLDS(memcmp(whole.data + a->start, pieces.data + b->start, a->length) == 0);
    }
    free(whole.data);
    free(pieces.data);
    return 0;
}
