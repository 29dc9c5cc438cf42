// The ends of sandboxes: told to the gateway that owns them, and remembered for a while.
#include "worker.h"

#include "io.h"

#include <stdio.h>
#include <string.h>

void put_known(struct message *message, uint16_t tag, uint64_t value) {
    if (value != UINT64_MAX) message_u64(message, tag, value);
}

void put_usage(struct message *message, const struct usage *usage, uint64_t wall_ms) {
    message_u64(message, TAG_WALL_MS, wall_ms);
    put_known(message, TAG_CPU_US, usage->cpu_us);
    put_known(message, TAG_MEMORY_PEAK_BYTES, usage->memory_peak_bytes);
    put_known(message, TAG_OOM_KILLS, usage->oom_kills);
}

void put_end(struct message *message, const char *id, const char *reason, const char *detail,
             uint64_t wall_ms, const struct usage *usage) {
    message_text(message, TAG_SANDBOX, id);
    message_text(message, TAG_REASON, reason);
    if (detail[0]) message_text(message, TAG_DETAIL, detail);
    put_usage(message, usage, wall_ms);
}

void ended_announce(struct worker *w, const struct sandbox *s) {
    uint8_t bytes[1024];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_ENDED, 0);
    put_end(&message, s->id, s->reason, s->detail, sandbox_wall_ms(s), &s->usage);
    bool told = broadcast(w, s->owner, bytes, message_finish(&message));
    struct ended *e = &w->ended[w->ended_count++ % ENDED_MAX];
    if (w->ended_count > ENDED_MAX) w->forgotten_ns = e->at_ns;
    *e = (struct ended){.reason = s->reason,
                        .told = told,
                        .at_ns = now_ns(),
                        .wall_ms = sandbox_wall_ms(s),
                        .usage = s->usage};
    snprintf(e->id, sizeof e->id, "%s", s->id);
    snprintf(e->owner, sizeof e->owner, "%s", s->owner);
    snprintf(e->detail, sizeof e->detail, "%.150s", s->detail);
}

void ended_tell(struct worker *w, struct connection *c) {
    uint8_t bytes[1024];
    struct message message;
    uint64_t first = w->ended_count > ENDED_MAX ? w->ended_count - ENDED_MAX : 0;
    for (uint64_t i = first; i < w->ended_count; i++) {
        struct ended *e = &w->ended[i % ENDED_MAX];
        if (e->told || !owner_sees(c->owner, e->owner)) continue;
        message_begin(&message, bytes, sizeof bytes, MSG_ENDED, 0);
        put_end(&message, e->id, e->reason, e->detail, e->wall_ms, &e->usage);
        connection_send(w, c, bytes, message_finish(&message));
        // It does not read: the rest is for the next connection.
        if (c->socket.fd < 0) return;
        e->told = !e->owner[0] || strcmp(c->owner, e->owner) == 0;
    }
}

const struct ended *ended_find(const struct worker *w, const char *owner, const char *id) {
    uint64_t kept = w->ended_count > ENDED_MAX ? ENDED_MAX : w->ended_count;
    // The newest first: an id may have been used again.
    for (uint64_t back = 1; back <= kept; back++) {
        const struct ended *e = &w->ended[(w->ended_count - back) % ENDED_MAX];
        if (strcmp(e->id, id) == 0 && owner_sees(owner, e->owner)) return e;
    }
    return NULL;
}
