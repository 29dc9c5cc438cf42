/* From bytes to messages. Knows epochs, frames and messages; knows nothing of what they mean. */
#ifndef HSR_FRAMING_H
#define HSR_FRAMING_H

#include "protocol.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
    uint8_t type;
    uint8_t flags;
    uint32_t id;
    const uint8_t *payload;
    size_t length;
};

enum framing_state { FRAMING_SCANNING, FRAMING_OPENING, FRAMING_READING };

struct framing {
    enum framing_state state;
    unsigned matched; /* bytes of the magic seen so far, over every byte of the stream */
    uint8_t head[HSR_OPEN_BYTES - HSR_MAGIC_BYTES];
    size_t have;   /* bytes of the current piece that have come */
    size_t length; /* payload of the current frame */
    bool in_body;
    bool joined; /* a message of several frames is under way */
    uint8_t joined_type;
    uint32_t joined_id;
    uint32_t tag;
    uint8_t *body; /* all payload bytes of the message so far, plus one trailer */
    size_t body_at;
    size_t body_room;
};

/* What the reader of the messages supplies. */
struct framing_events {
    void (*opened)(const uint8_t epoch[HSR_EPOCH_BYTES], uint16_t least, uint16_t greatest);
    void (*message)(const struct message *message);
    /* The stream of the open epoch is not understood any more. */
    void (*lost)(void);
};

/* Takes at most one piece (a header, a body) and answers how many bytes it took; at least one if there is
 * one. */
size_t framing_step(struct framing *f, const uint8_t *bytes, size_t length, const struct framing_events *on);

/* Forgets the epoch and whatever was half read; scans for the next magic. */
void framing_reset(struct framing *f);

/* Whether room is kept although no message is under way, for a next large one. */
bool framing_keeps_room(const struct framing *f);
void framing_free_room(struct framing *f);

#endif
