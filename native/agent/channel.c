/* Channels: bytes between the gateway and something in the sandbox, each direction under credit, which is an
 * absolute offset. They end with their epoch: nothing here is kept for the next one. */
#include "agent.h"

void channel_opened(uint32_t id, const void *body, size_t length) {
    stream_frame(HSR_MSG_CHANNEL_OPENED, 0, id, body, length);
}

void channel_closed(uint32_t id, int error) {
    uint8_t body[4];
    struct pen p = pen_on(body, sizeof body);
    pen_u32(&p, (uint32_t)error);
    stream_frame(HSR_MSG_CHANNEL_CLOSED, 0, id, body, sizeof body);
}

void channel_window(uint32_t id, uint64_t offset) {
    uint8_t body[8];
    struct pen p = pen_on(body, sizeof body);
    pen_u64(&p, offset);
    stream_frame(HSR_MSG_CHANNEL_WINDOW, 0, id, body, sizeof body);
}

void channel_credit(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t credit = cursor_u64(&c);
    if (!cursor_done(&c)) {
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "one offset");
        return;
    }
    /* Of a channel that is gone its end was told, or is on its way. */
    if (!connection_credit(m->id, credit)) reading_credit(m->id, credit);
}

bool channel_is_free(uint32_t id) {
    return !connection_known(id) && !reading_known(id);
}
