/* Files on their way to the gateway: read where they are and when there is credit, so that a large one takes
 * no more memory than a small one. */
#include "agent.h"
#include <errno.h>
#include <unistd.h>

/* A frame fills one read of the gateway: one that is a little longer leaves a sliver in the next. */
#define PIECE_BYTES (HSR_PAYLOAD_MAX - HSR_HEADER_BYTES - HSR_TRAILER_BYTES)

struct reading {
    bool used;
    uint32_t id;
    int fd;
    uint64_t at, end; /* offsets in the file */
    uint64_t sent, credit;
};

static struct reading table[HSR_READINGS_MAX];

static struct reading *find(uint32_t id) {
    for (size_t i = 0; i < HSR_READINGS_MAX; i++) {
        if (table[i].used && table[i].id == id) return &table[i];
    }
    return NULL;
}

static void drop(struct reading *r) {
    close(r->fd);
    r->used = false;
}

bool reading_known(uint32_t id) {
    return find(id) != NULL;
}

void readings_drop(void) {
    for (size_t i = 0; i < HSR_READINGS_MAX; i++) {
        if (table[i].used) drop(&table[i]);
    }
}

void reading_cancel(uint32_t id) {
    struct reading *r = find(id);
    if (r) drop(r);
}

bool reading_credit(uint32_t id, uint64_t credit) {
    struct reading *r = find(id);
    if (r && credit > r->credit) r->credit = credit;
    return r != NULL;
}

void reading_open(uint32_t id, struct cursor *c) {
    uint64_t offset = cursor_u64(c), bytes = cursor_u64(c), credit = cursor_u64(c);
    char path[HSR_PATH_BYTES];
    int error = take_path(c, path);
    if (!error && (!cursor_done(c) || offset > INT64_MAX || bytes > INT64_MAX - offset)) error = EINVAL;
    struct reading *r = NULL;
    for (size_t i = 0; i < HSR_READINGS_MAX && !r; i++) {
        if (!table[i].used) r = &table[i];
    }
    if (!error && !channel_is_free(id))
        error = EEXIST;
    else if (!error && !r)
        error = EAGAIN;
    struct stat about;
    int fd = error ? -error : files_open_regular(path, &about);
    if (fd < 0) {
        channel_closed(id, -fd);
        return;
    }
    *r = (struct reading){
        .used = true, .id = id, .fd = fd, .at = offset, .end = offset + bytes, .credit = credit};
    uint8_t body[64];
    struct pen p = pen_on(body, sizeof body);
    files_tell_stat(&p, &about);
    channel_opened(id, body, (size_t)(p.at - body));
}

/* True if bytes were framed. */
static bool tell(struct reading *r) {
    uint64_t most = r->end - r->at;
    if (most > PIECE_BYTES) most = PIECE_BYTES;
    if (most && r->credit <= r->sent) return false;
    if (most > r->credit - r->sent) most = r->credit - r->sent;
    ssize_t n = 0;
    if (most) {
        uint8_t *payload = stream_frame_begin(most);
        if (!payload) return false;
        do
            n = pread(r->fd, payload, most, (off_t)r->at);
        while (n < 0 && errno == EINTR);
    }
    if (n <= 0) {
        int error = n < 0 ? errno : 0;
        uint32_t id = r->id;
        drop(r);
        channel_closed(id, error);
        return true;
    }
    stream_frame_finish(HSR_MSG_CHANNEL_DATA, 0, r->id, (size_t)n);
    r->at += (uint64_t)n;
    r->sent += (uint64_t)n;
    return true;
}

bool readings_tell(void) {
    static size_t next; /* whose turn it is where the stream takes no more */
    bool told = false;
    for (size_t i = 0; i < HSR_READINGS_MAX && stream_waiting() < 4 * STREAM_BUSY_BYTES; i++) {
        next = (next + 1) % HSR_READINGS_MAX;
        if (table[next].used && tell(&table[next])) told = true;
    }
    return told;
}
