/*
 * Shapes: what an answer looks like, compiled for the XML reader. A set holds all the shapes that
 * one answer can reach; they point at each other, so a recursive one is nothing special.
 *
 * Names of the caller's tables are numbers here: the caller keeps what they stand for.
 */
#ifndef LUALAMBDA_SHAPE_H
#define LUALAMBDA_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape_kind {
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_FLOAT,
    SHAPE_BOOLEAN,
    SHAPE_TIMESTAMP,
    SHAPE_BLOB,
    SHAPE_STRUCTURE,
    SHAPE_UNION,   /* a structure of which just one member is set */
    SHAPE_UNKNOWN, /* a structure whose one member, `members[0]`, is the tag it was found under */
    SHAPE_LIST,    /* `members[0]` is the element; its tag does not matter */
    SHAPE_MAP,     /* `members[0]` is the key, `members[1]` the value */
};

/* How a member stands in its structure. */
enum shape_form {
    SHAPE_ELEMENT,   /* an element of its own */
    SHAPE_FLATTENED, /* a list or map whose every element or entry is a child of the structure */
    SHAPE_ATTRIBUTE, /* an attribute of the structure's element */
};

/* The two ends of a tag, which overlap in a short one: with the length they tell any two tags of up
 * to 16 bytes apart. */
struct shape_ends {
    uint64_t head, tail;
};

struct shape_member {
    char *tag; /* the element's name in the document, without a prefix; an attribute's with it */
    size_t length;
    struct shape_ends ends; /* of the tag */
    uint32_t name;          /* the caller's number for the key of the table */
    enum shape_form form;
    const struct shape *shape;
};

struct shape {
    enum shape_kind kind;
    bool has_attributes;
    uint32_t member_count;
    struct shape_member *members;
    const struct shape_member *other; /* stands for any tag that is no member's, or NULL */
    uint32_t mask;                    /* size of `slots` less one */
    uint32_t *slots;                  /* open addressing by the tag's hash: member number + 1 */
};

struct shape_set;

/* Makes a set of `count` shapes, all strings without members. NULL when memory is short. */
struct shape_set *shape_set_new(size_t count);

/* Frees a set and its shapes. Takes NULL. */
void shape_set_free(struct shape_set *set);

/* The shape with number `index`, from 0; NULL outside the set. Owned by the set. */
const struct shape *shape_set_get(const struct shape_set *set, size_t index);

/* Gives a shape its kind and room for its members. False when memory is short. */
bool shape_set_define(struct shape_set *set, size_t index, enum shape_kind kind,
                      uint32_t member_count);

/* Sets a member of a defined shape; `tag` is copied, the tag "*" makes it the `other` one.
 * False when a number is outside the set or memory is short. */
bool shape_set_member(struct shape_set *set, size_t index, uint32_t member, const char *tag,
                      size_t length, uint32_t name, enum shape_form form, size_t target);

/* Readies the set for use, once all members are set. False when a shape lacks one it must have, or
 * memory is short. */
bool shape_set_seal(struct shape_set *set);

/* The member that an element with this tag fills: one of `members`, else `other`, else NULL. */
const struct shape_member *shape_find(const struct shape *shape, const char *tag, size_t length);

#endif
