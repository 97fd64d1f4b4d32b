/* Compiled shapes; see shape.h. */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

struct shape_set {
    size_t count;
    struct shape shapes[];
};

/* Ends by loads of as many bytes as the tag has: this runs for every element of a document. */
static struct shape_ends ends_of(const char *tag, size_t length)
{
    struct shape_ends ends = {0};
    if (length >= 8) {
        memcpy(&ends.head, tag, 8);
        memcpy(&ends.tail, tag + length - 8, 8);
    } else if (length >= 4) {
        memcpy(&ends.head, tag, 4);
        memcpy(&ends.tail, tag + length - 4, 4);
    } else if (length > 0) {
        ends.head = (unsigned char)tag[0];
        ends.tail = (uint64_t)(unsigned char)tag[length / 2] << 8 | (unsigned char)tag[length - 1];
    }
    return ends;
}

static uint32_t hash(struct shape_ends ends, size_t length)
{
    uint64_t h = (ends.head ^ (ends.tail << 7 | ends.tail >> 57) ^ length) * 0x9E3779B97F4A7C15U;
    return (uint32_t)(h >> 32);
}

struct shape_set *shape_set_new(size_t count)
{
    struct shape_set *set = calloc(1, sizeof *set + count * sizeof set->shapes[0]);
    if (set)
        set->count = count;
    return set;
}

void shape_set_free(struct shape_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++) {
        struct shape *shape = &set->shapes[i];
        for (uint32_t j = 0; j < shape->member_count; j++)
            free(shape->members[j].tag);
        free(shape->members);
        free(shape->slots);
    }
    free(set);
}

const struct shape *shape_set_get(const struct shape_set *set, size_t index)
{
    return index < set->count ? &set->shapes[index] : NULL;
}

bool shape_set_define(struct shape_set *set, size_t index, enum shape_kind kind,
                      uint32_t member_count)
{
    if (index >= set->count || set->shapes[index].members)
        return false;
    struct shape *shape = &set->shapes[index];
    shape->kind = kind;
    if (member_count == 0)
        return true;
    shape->members = calloc(member_count, sizeof shape->members[0]);
    shape->member_count = shape->members ? member_count : 0;
    return shape->members != NULL;
}

bool shape_set_member(struct shape_set *set, size_t index, uint32_t member, const char *tag,
                      size_t length, uint32_t name, enum shape_form form, size_t target)
{
    if (index >= set->count || target >= set->count || member >= set->shapes[index].member_count ||
        set->shapes[index].members[member].tag)
        return false;
    struct shape *shape = &set->shapes[index];
    char *copy = malloc(length + 1);
    if (!copy)
        return false;
    memcpy(copy, tag, length);
    copy[length] = '\0';
    shape->members[member] = (struct shape_member){
        .tag = copy,
        .length = length,
        .ends = ends_of(tag, length),
        .name = name,
        .form = form,
        .shape = &set->shapes[target],
    };
    if (form == SHAPE_ATTRIBUTE)
        shape->has_attributes = true;
    else if (length == 1 && tag[0] == '*')
        shape->other = &shape->members[member];
    return true;
}

/* Whether the shape has every member it must have, each of a fitting kind. */
static bool complete(const struct shape *shape)
{
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        if (!member->tag)
            return false;
        if (member->form == SHAPE_FLATTENED && member->shape->kind != SHAPE_LIST &&
            member->shape->kind != SHAPE_MAP)
            return false;
        if (member->form == SHAPE_ATTRIBUTE && member->shape->kind >= SHAPE_STRUCTURE)
            return false;
    }
    switch (shape->kind) {
    case SHAPE_LIST:
    case SHAPE_UNKNOWN:
        return shape->member_count == 1;
    case SHAPE_MAP:
        return shape->member_count == 2 && shape->members[0].shape->kind < SHAPE_STRUCTURE;
    default:
        return true;
    }
}

bool shape_set_seal(struct shape_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct shape *shape = &set->shapes[i];
        if (!complete(shape) || shape->slots)
            return false;
        uint32_t size = 4;
        while (size < shape->member_count * 2)
            size *= 2;
        shape->slots = calloc(size, sizeof shape->slots[0]);
        if (!shape->slots)
            return false;
        shape->mask = size - 1;
        for (uint32_t j = 0; j < shape->member_count; j++) {
            const struct shape_member *member = &shape->members[j];
            if (member->form == SHAPE_ATTRIBUTE)
                continue;
            uint32_t slot = hash(member->ends, member->length) & shape->mask;
            while (shape->slots[slot])
                slot = (slot + 1) & shape->mask;
            shape->slots[slot] = j + 1;
        }
    }
    return true;
}

const struct shape_member *shape_find(const struct shape *shape, const char *tag, size_t length)
{
    const struct shape_ends ends = ends_of(tag, length);
    uint32_t slot = hash(ends, length) & shape->mask;
    for (; shape->slots[slot]; slot = (slot + 1) & shape->mask) {
        const struct shape_member *member = &shape->members[shape->slots[slot] - 1];
        if (member->length == length && member->ends.head == ends.head &&
            member->ends.tail == ends.tail &&
            (length <= 16 || memcmp(member->tag + 8, tag + 8, length - 16) == 0))
            return member;
    }
    return shape->other;
}
