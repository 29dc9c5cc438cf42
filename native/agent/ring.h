/* A bounded queue of bytes at absolute offsets: byte `n` of a stream keeps its number for ever. It has no
 * memory while it is empty, so that an agent whose executions are quiet stays small. */
#ifndef HSR_RING_H
#define HSR_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct ring {
    uint8_t *bytes;
    uint32_t room; /* a power of two, or 0 */
    uint32_t most;
    uint64_t start; /* offset of the oldest byte kept */
    uint64_t end;   /* offset after the newest */
};

static inline uint32_t ring_length(const struct ring *r) {
    return (uint32_t)(r->end - r->start);
}

static inline uint32_t ring_space(const struct ring *r) {
    return r->most - ring_length(r);
}

/* Makes room for `wish` more bytes or as many as the bound allows. False if there is no memory. */
bool ring_reserve(struct ring *r, uint32_t wish);
/* The free part, in at most two pieces; `ring_added` says how much of it was filled. */
int ring_free_part(const struct ring *r, struct iovec part[2]);
void ring_added(struct ring *r, uint32_t length);
/* Adds up to `length` bytes; answers how many fitted. */
uint32_t ring_put(struct ring *r, const uint8_t *bytes, uint32_t length);
/* The kept bytes from `offset` on, at most `length` of them, in at most two pieces. */
int ring_kept_part(const struct ring *r, uint64_t offset, uint32_t length, struct iovec part[2]);
/* Lets go of everything before `offset`; the memory goes back when nothing is left. */
void ring_release(struct ring *r, uint64_t offset);
void ring_discard(struct ring *r);

#endif
