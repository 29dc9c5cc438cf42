/* A bounds-checked reader and writer of little-endian bytes. Running past the end is remembered and answers
 * zeroes, so that a parser may read all its fields and ask once, at the end, whether they were really there.
 */
#ifndef HSR_CURSOR_H
#define HSR_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static inline struct cursor cursor_on(const uint8_t *bytes, size_t length) {
    return (struct cursor){.at = bytes, .end = bytes + length, .bad = false};
}

static inline size_t cursor_left(const struct cursor *c) {
    return (size_t)(c->end - c->at);
}

/* The next `length` bytes, or NULL (and the cursor is bad from then on) if fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t length) {
    if (c->bad || cursor_left(c) < length) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *bytes = c->at;
    c->at += length;
    return bytes;
}

static inline uint64_t cursor_number(struct cursor *c, size_t width) {
    const uint8_t *bytes = cursor_take(c, width);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline uint8_t cursor_u8(struct cursor *c) {
    return (uint8_t)cursor_number(c, 1);
}

static inline uint16_t cursor_u16(struct cursor *c) {
    return (uint16_t)cursor_number(c, 2);
}

static inline uint32_t cursor_u32(struct cursor *c) {
    return (uint32_t)cursor_number(c, 4);
}

static inline uint64_t cursor_u64(struct cursor *c) {
    return cursor_number(c, 8);
}

/* All fields were there and nothing follows them. */
static inline bool cursor_done(const struct cursor *c) {
    return !c->bad && c->at == c->end;
}

/* A writer into a caller's buffer; what does not fit makes it bad and is not written. */
struct pen {
    uint8_t *at;
    uint8_t *end;
    bool bad;
};

static inline struct pen pen_on(uint8_t *bytes, size_t length) {
    return (struct pen){.at = bytes, .end = bytes + length, .bad = false};
}

static inline void pen_bytes(struct pen *p, const void *bytes, size_t length) {
    if (p->bad || (size_t)(p->end - p->at) < length) {
        p->bad = true;
        return;
    }
    if (length) memcpy(p->at, bytes, length);
    p->at += length;
}

static inline void pen_number(struct pen *p, uint64_t value, size_t width) {
    uint8_t bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    pen_bytes(p, bytes, width);
}

static inline void pen_u8(struct pen *p, uint8_t value) {
    pen_number(p, value, 1);
}

static inline void pen_u16(struct pen *p, uint16_t value) {
    pen_number(p, value, 2);
}

static inline void pen_u32(struct pen *p, uint32_t value) {
    pen_number(p, value, 4);
}

static inline void pen_u64(struct pen *p, uint64_t value) {
    pen_number(p, value, 8);
}

#endif
