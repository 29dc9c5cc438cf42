#include "framing.h"
#include "../common/cursor.h"
#include <stdlib.h>

/* A message's room from this size on is kept for the next one, until framing_free_room. */
#define KEPT_LEAST 32768u

/* Bytes up to and including the one that completes the magic, or `length` if it does not complete here. */
static size_t match_magic(struct framing *f, const uint8_t *bytes, size_t length, bool *complete) {
    const uint8_t *magic = (const uint8_t *)HSR_OPEN_MAGIC;
    for (size_t i = 0; i < length; i++) {
        if (f->matched == 0) {
            const uint8_t *first = memchr(bytes + i, magic[0], length - i);
            if (!first) return length;
            i = (size_t)(first - bytes);
            f->matched = 1;
        } else if (bytes[i] == magic[f->matched]) {
            if (++f->matched == HSR_MAGIC_BYTES) {
                f->matched = 0;
                *complete = true;
                return i + 1;
            }
        } else {
            f->matched = bytes[i] == magic[0];
        }
    }
    return length;
}

static void drop_message(struct framing *f) {
    free(f->body);
    f->body = NULL;
    f->body_at = f->body_room = 0;
    f->joined = f->in_body = false;
    f->have = 0;
}

void framing_reset(struct framing *f) {
    drop_message(f);
    f->state = FRAMING_SCANNING;
}

static void lose(struct framing *f, const struct framing_events *on) {
    framing_reset(f);
    on->lost();
}

/* How many bytes complete the piece that is being read. */
static size_t piece_bytes(const struct framing *f) {
    if (f->state == FRAMING_OPENING) return sizeof f->head;
    return f->in_body ? f->length + HSR_TRAILER_BYTES : HSR_HEADER_BYTES;
}

static void take_opening(struct framing *f, const struct framing_events *on) {
    struct cursor c = cursor_on(f->head, sizeof f->head);
    const uint8_t *epoch = cursor_take(&c, HSR_EPOCH_BYTES);
    uint16_t least = cursor_u16(&c), greatest = cursor_u16(&c);
    bool whole = cursor_u32(&c) == 0;
    f->have = 0;
    /* An opening that was itself cut short ends in bytes of whatever came next: those are never zero. */
    f->state = whole ? FRAMING_READING : FRAMING_SCANNING;
    if (!whole) return;
    struct cursor tag = cursor_on(epoch, 4);
    f->tag = cursor_u32(&tag);
    on->opened(epoch, least, greatest);
}

static void take_header(struct framing *f, const struct framing_events *on) {
    struct cursor c = cursor_on(f->head, HSR_HEADER_BYTES);
    bool good = cursor_u8(&c) == 0;
    uint8_t type = cursor_u8(&c);
    cursor_u8(&c);
    good = cursor_u8(&c) == 0 && good;
    uint32_t id = cursor_u32(&c);
    good = cursor_u32(&c) == f->tag && good;
    uint32_t length = cursor_u32(&c);
    good = good && length <= HSR_PAYLOAD_MAX && f->body_at + length <= HSR_MESSAGE_MAX;
    if (f->joined) good = good && type == f->joined_type && id == f->joined_id;
#ifdef HSR_PLANTED_BUG
    /* The fuzzer's control: a length that is believed although it is larger than the room made for it. */
    if (good && type == HSR_MSG_PING && length > 64) {
        f->length = length;
        f->in_body = true;
        f->have = 0;
        free(f->body);
        f->body = malloc(64);
        f->body_room = HSR_MESSAGE_MAX;
        return;
    }
#endif
    if (!good) {
        lose(f, on);
        return;
    }
    f->length = length;
    f->have = 0;
    size_t room = f->body_at + length + HSR_TRAILER_BYTES;
    if (room > f->body_room) {
        uint8_t *body = realloc(f->body, room);
        if (!body) {
            lose(f, on);
            return;
        }
        f->body = body;
        f->body_room = room;
    }
    f->in_body = true;
}

static void take_body(struct framing *f, const struct framing_events *on) {
    /* The trailer is a zero, which no byte of the magic is: so the first bytes of another stream cannot
     * complete a frame. */
    if (f->body[f->body_at + f->length] != 0) {
        lose(f, on);
        return;
    }
    struct cursor c = cursor_on(f->head, HSR_HEADER_BYTES);
    cursor_u8(&c);
    struct message m = {.type = cursor_u8(&c), .flags = cursor_u8(&c)};
    cursor_u8(&c);
    m.id = cursor_u32(&c);
    f->body_at += f->length;
    f->in_body = false;
    f->have = 0;
    if (m.flags & HSR_FLAG_MORE) {
        f->joined = true;
        f->joined_type = m.type;
        f->joined_id = m.id;
        return;
    }
    /* The message leaves the reader before it is acted upon: what it does may reset the reader. */
    uint8_t *body = f->body;
    size_t room = f->body_room;
    m.payload = body;
    m.length = f->body_at;
    f->body = NULL;
    f->body_at = f->body_room = 0;
    f->joined = false;
    on->message(&m);
    if (room < KEPT_LEAST || f->body) {
        free(body);
        return;
    }
    f->body = body;
    f->body_room = room;
}

bool framing_keeps_room(const struct framing *f) {
    return f->body && !f->in_body && !f->joined;
}

void framing_free_room(struct framing *f) {
    if (!framing_keeps_room(f)) return;
    free(f->body);
    f->body = NULL;
    f->body_room = 0;
}

size_t framing_step(struct framing *f, const uint8_t *bytes, size_t length, const struct framing_events *on) {
    if (f->state != FRAMING_SCANNING && length > piece_bytes(f) - f->have) length = piece_bytes(f) - f->have;
    bool complete = false;
    length = match_magic(f, bytes, length, &complete);
    if (complete) {
        drop_message(f);
        f->state = FRAMING_OPENING;
        return length;
    }
    if (f->state == FRAMING_SCANNING) return length;
    uint8_t *to = f->in_body ? f->body + f->body_at : f->head;
    memcpy(to + f->have, bytes, length);
    f->have += length;
    if (f->have < piece_bytes(f)) return length;
    if (f->state == FRAMING_OPENING)
        take_opening(f, on);
    else if (f->in_body)
        take_body(f, on);
    else
        take_header(f, on);
    return length;
}
