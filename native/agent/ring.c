#include "ring.h"
#include <stdlib.h>
#include <string.h>

#define RING_LEAST 4096u

int ring_kept_part(const struct ring *r, uint64_t offset, uint32_t length, struct iovec part[2]) {
    if (offset < r->start || offset >= r->end) return 0;
    if (length > r->end - offset) length = (uint32_t)(r->end - offset);
    uint32_t at = (uint32_t)(offset & (r->room - 1));
    uint32_t first = r->room - at < length ? r->room - at : length;
    part[0] = (struct iovec){r->bytes + at, first};
    part[1] = (struct iovec){r->bytes, length - first};
    return length > first ? 2 : 1;
}

bool ring_reserve(struct ring *r, uint32_t wish) {
    uint32_t used = ring_length(r);
    uint32_t need = wish > r->most - used ? r->most : used + wish;
    if (need <= r->room) return true;
    uint32_t room = r->room ? r->room : RING_LEAST;
    while (room < need)
        room *= 2;
    uint8_t *bytes = malloc(room);
    if (!bytes) return false;
    struct iovec part[2];
    int parts = ring_kept_part(r, r->start, used, part);
    uint64_t offset = r->start;
    for (int i = 0; i < parts; i++) {
        for (size_t done = 0; done < part[i].iov_len;) {
            uint32_t at = (uint32_t)(offset & (room - 1));
            size_t piece = part[i].iov_len - done < room - at ? part[i].iov_len - done : room - at;
            memcpy(bytes + at, (uint8_t *)part[i].iov_base + done, piece);
            offset += piece;
            done += piece;
        }
    }
    free(r->bytes);
    r->bytes = bytes;
    r->room = room;
    return true;
}

int ring_free_part(const struct ring *r, struct iovec part[2]) {
    uint32_t space = r->room - ring_length(r);
    if (!space) return 0;
    uint32_t at = (uint32_t)(r->end & (r->room - 1));
    uint32_t first = r->room - at < space ? r->room - at : space;
    part[0] = (struct iovec){r->bytes + at, first};
    part[1] = (struct iovec){r->bytes, space - first};
    return space > first ? 2 : 1;
}

void ring_added(struct ring *r, uint32_t length) {
    r->end += length;
    if (r->start == r->end) ring_release(r, r->end);
}

uint32_t ring_put(struct ring *r, const uint8_t *bytes, uint32_t length) {
    if (length > ring_space(r)) length = ring_space(r);
    if (!length || !ring_reserve(r, length)) return 0;
    struct iovec part[2];
    int parts = ring_free_part(r, part);
    uint32_t done = 0;
    for (int i = 0; i < parts && done < length; i++) {
        uint32_t piece = length - done < part[i].iov_len ? length - done : (uint32_t)part[i].iov_len;
        memcpy(part[i].iov_base, bytes + done, piece);
        done += piece;
    }
    r->end += done;
    return done;
}

void ring_release(struct ring *r, uint64_t offset) {
    if (offset > r->end) offset = r->end;
    if (offset > r->start) r->start = offset;
    if (r->start == r->end) {
        free(r->bytes);
        r->bytes = NULL;
        r->room = 0;
    }
}

void ring_discard(struct ring *r) {
    ring_release(r, r->end);
}
