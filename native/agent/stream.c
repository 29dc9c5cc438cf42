#include "stream.h"
#include "../common/cursor.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    int fd;
    bool broken;
    uint32_t tag;
    uint8_t *bytes;
    size_t room, head, tail;
} out = {.fd = -1};

/* A file's frames need the same large room one after the other; asking the kernel for it each time, and for
 * its pages, took longer than filling it. */
#define KEPT_LEAST 32768u

static void forget_waiting(void) {
    free(out.bytes);
    out.bytes = NULL;
    out.room = out.head = out.tail = 0;
}

void stream_replace(int fd) {
    if (out.fd >= 0) close(out.fd);
    out.fd = fd;
    out.broken = false;
    forget_waiting();
}

int stream_fd(void) {
    return out.fd;
}

size_t stream_waiting(void) {
    return out.tail - out.head;
}

/* Room for `length` more bytes at the tail, or NULL (and the stream is broken). */
static uint8_t *reserve(size_t length) {
    if (out.fd < 0 || out.broken) return NULL;
    if (out.room - out.tail < length && out.head) {
        memmove(out.bytes, out.bytes + out.head, out.tail - out.head);
        out.tail -= out.head;
        out.head = 0;
    }
    if (out.room - out.tail < length) {
        size_t room = out.room ? out.room : 1024;
        while (room - out.tail < length)
            room *= 2;
        uint8_t *bytes = realloc(out.bytes, room);
        if (!bytes) {
            out.broken = true;
            return NULL;
        }
        out.bytes = bytes;
        out.room = room;
    }
    return out.bytes + out.tail;
}

void stream_open_epoch(const uint8_t epoch[HSR_EPOCH_BYTES]) {
    forget_waiting();
    struct cursor tag = cursor_on(epoch, 4);
    out.tag = cursor_u32(&tag);
    uint8_t *at = reserve(HSR_MAGIC_BYTES + HSR_EPOCH_BYTES);
    if (!at) return;
    memcpy(at, HSR_ECHO_MAGIC, HSR_MAGIC_BYTES);
    memcpy(at + HSR_MAGIC_BYTES, epoch, HSR_EPOCH_BYTES);
    out.tail += HSR_MAGIC_BYTES + HSR_EPOCH_BYTES;
}

uint8_t *stream_frame_begin(size_t most) {
    uint8_t *at = reserve(HSR_HEADER_BYTES + most + HSR_TRAILER_BYTES);
    return at ? at + HSR_HEADER_BYTES : NULL;
}

void stream_frame_finish(uint8_t type, uint8_t flags, uint32_t id, size_t length) {
    uint8_t *at = out.bytes + out.tail;
    struct pen p = pen_on(at, HSR_HEADER_BYTES);
    pen_u8(&p, 0);
    pen_u8(&p, type);
    pen_u8(&p, flags);
    pen_u8(&p, 0);
    pen_u32(&p, id);
    pen_u32(&p, out.tag);
    pen_u32(&p, (uint32_t)length);
    at[HSR_HEADER_BYTES + length] = 0;
    out.tail += HSR_HEADER_BYTES + length + HSR_TRAILER_BYTES;
}

void stream_frame_parts(uint8_t type, uint8_t flags, uint32_t id, const struct iovec *parts, int count) {
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += parts[i].iov_len;
    uint8_t *payload = stream_frame_begin(length);
    if (!payload) return;
    struct pen p = pen_on(payload, length);
    for (int i = 0; i < count; i++)
        pen_bytes(&p, parts[i].iov_base, parts[i].iov_len);
    stream_frame_finish(type, flags, id, length);
}

void stream_frame(uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t length) {
    struct iovec part = {.iov_base = (void *)(uintptr_t)payload, .iov_len = length};
    stream_frame_parts(type, flags, id, &part, 1);
}

bool stream_flush(void) {
    while (!out.broken && out.head < out.tail) {
        ssize_t n = write(out.fd, out.bytes + out.head, out.tail - out.head);
        if (n > 0)
            out.head += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        else
            out.broken = true;
    }
    if (out.broken) return false;
    if (out.room < KEPT_LEAST) forget_waiting();
    out.head = out.tail = 0;
    return true;
}

bool stream_keeps_room(void) {
    return out.bytes && out.head == out.tail;
}

void stream_free_room(void) {
    if (stream_keeps_room()) forget_waiting();
}
