/* One epoch after the other: what the gateway asks, and who answers it. */
#include "agent.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static struct {
    struct framing framing;
    bool open;
    bool quiesced;
    bool release_when_flushed;
    uint8_t boot[16];
    uint8_t identity[16];
    const uint8_t *input;
    size_t input_at, input_length;
} session;

int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool session_open(void) {
    return session.open;
}

bool session_quiesced(void) {
    return session.quiesced;
}

void session_settle(void) {
    if (getrandom(session.boot, sizeof session.boot, GRND_NONBLOCK) != sizeof session.boot) {
        int64_t now =
            now_ms(); /* an emulated machine without entropy yet: differs at least from boot to boot */
        memcpy(session.boot, &now, sizeof now);
    }
}

void answer(uint32_t id, int error, const void *body, size_t length) {
    uint8_t head[4];
    struct pen p = pen_on(head, sizeof head);
    pen_u32(&p, (uint32_t)error);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)(uintptr_t)body, length}};
    stream_frame_parts(HSR_MSG_RESULT, 0, id, parts, 2);
}

void complain(uint32_t id, uint8_t type, uint16_t code, const char *text) {
    uint8_t head[4];
    struct pen p = pen_on(head, sizeof head);
    pen_u16(&p, code);
    pen_u16(&p, type);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)(uintptr_t)text, strlen(text)}};
    stream_frame_parts(HSR_MSG_ERROR, 0, id, parts, 2);
}

/* What does not outlive its epoch. */
static void drop_what_is_under_way(void) {
    transfers_drop();
    readings_drop();
    connections_drop();
}

void session_end_epoch(void) {
    framing_reset(&session.framing);
    session.open = false;
    drop_what_is_under_way();
    executions_new_epoch();
    watches_new_epoch();
}

void session_stream_gone(void) {
    session_end_epoch();
    session.framing.matched = 0;
    session.release_when_flushed = false;
    session.input = NULL;
    session.input_at = session.input_length = 0;
}

static void tell_hello(uint16_t version) {
    uint8_t body[128];
    struct pen p = pen_on(body, sizeof body);
    pen_u16(&p, version);
    pen_u16(&p, HSR_PROTOCOL_VERSION);
    pen_u16(&p, HSR_PROTOCOL_VERSION);
    pen_u16(&p, session.quiesced ? HSR_HELLO_QUIESCED : 0);
    pen_u64(&p, HSR_FEATURE_PTY | HSR_FEATURE_FILES | HSR_FEATURE_ORPHANS | HSR_FEATURE_QUIESCE |
                    HSR_FEATURE_PORTS | HSR_FEATURE_STREAMS | HSR_FEATURE_SKIP | HSR_FEATURE_WATCH |
                    HSR_FEATURE_TIMEOUT | identity_features());
    pen_bytes(&p, session.boot, sizeof session.boot);
    pen_bytes(&p, session.identity, sizeof session.identity);
    pen_u32(&p, HSR_PAYLOAD_MAX);
    pen_u32(&p, HSR_MESSAGE_MAX);
    pen_u32(&p, HSR_RING_MAX);
    pen_u32(&p, HSR_STDIN_MAX);
    pen_u32(&p, HSR_EXECUTIONS_MAX);
    pen_u32(&p, HSR_TRANSFERS_MAX);
    stream_frame(HSR_MSG_HELLO, 0, 0, body, (size_t)(p.at - body));
}

static void on_opened(const uint8_t epoch[HSR_EPOCH_BYTES], uint16_t least, uint16_t greatest) {
    drop_what_is_under_way();
    executions_new_epoch();
    watches_new_epoch();
    session.open = true;
    session.release_when_flushed = false;
    stream_open_epoch(epoch);
    if (least <= HSR_PROTOCOL_VERSION && HSR_PROTOCOL_VERSION <= greatest) {
        tell_hello(HSR_PROTOCOL_VERSION);
        return;
    }
    complain(0, 0, HSR_ERROR_VERSION, "no version in common");
    session_end_epoch();
}

static void on_lost(void) {
    complain(0, 0, HSR_ERROR_FRAMING, "not a frame of this epoch");
    session_end_epoch();
}

static void on_list(const struct message *m) {
    static uint8_t body[64 + HSR_EXECUTIONS_MAX * 72 + HSR_ORPHANS_MAX * 8 +
                        HSR_WATCHES_MAX * (32 + HSR_WATCH_PATH_BYTES)];
    struct pen p = pen_on(body, sizeof body);
    execution_list(&p);
    family_list_orphans(&p);
    watches_list(&p);
    answer(m->id, p.bad ? EMSGSIZE : 0, body, p.bad ? 0 : (size_t)(p.at - body));
}

static void on_kill_orphans(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t token = cursor_u64(&c);
    uint32_t signal = cursor_u32(&c), count = cursor_u32(&c), pids[HSR_ORPHANS_MAX];
    for (uint32_t i = 0; i < count && i < HSR_ORPHANS_MAX; i++)
        pids[i] = cursor_u32(&c);
    if (!cursor_done(&c) || signal == 0 || signal > 64) {
        answer(m->id, EINVAL, NULL, 0);
        return;
    }
    if (remembered(m->id, token)) return;
    uint8_t body[4];
    struct pen p = pen_on(body, sizeof body);
    pen_u32(&p, family_kill_orphans((int)signal, pids, count));
    answer_once(m->id, token, 0, body, sizeof body);
}

static void on_cancel(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint32_t target = cursor_u32(&c);
    if (cursor_done(&c)) {
        transfer_cancel(target);
        reading_cancel(target);
        connection_cancel(target);
    }
    answer(m->id, cursor_done(&c) ? 0 : EINVAL, NULL, 0);
}

static void on_quiesce(const struct message *m) {
    if (m->length != 1) {
        answer(m->id, EINVAL, NULL, 0);
        return;
    }
    session.quiesced = true;
    answer(m->id, 0, NULL, 0);
    session_end_epoch();
    session.release_when_flushed = m->payload[0] & 1;
}

static void on_resume(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    const uint8_t *identity = cursor_take(&c, 16), *seed = cursor_take(&c, 32);
    int64_t wall_ms = (int64_t)cursor_u64(&c);
    if (!cursor_done(&c)) {
        answer(m->id, EINVAL, NULL, 0);
        return;
    }
    uint8_t done = HSR_RESUMED_IDENTITY;
    memcpy(session.identity, identity, 16);
    session_settle();
    /* Two copies of one memory must not call themselves the same boot, even if both have the same random
     * numbers. */
    for (size_t i = 0; i < sizeof session.boot; i++)
        session.boot[i] ^= seed[i];
    if (machine_mix_random(seed, 32)) done |= HSR_RESUMED_SEED;
    if (wall_ms > 0 && machine_set_clock(wall_ms)) done |= HSR_RESUMED_CLOCK;
    session.quiesced = false;
    uint8_t body[17] = {done};
    memcpy(body + 1, session.boot, 16);
    answer(m->id, 0, body, sizeof body);
}

static void on_ping(const struct message *m) {
    answer(m->id, m->length > 64 ? EMSGSIZE : 0, m->payload, m->length > 64 ? 0 : m->length);
}

static const struct {
    uint8_t type;
    void (*handle)(const struct message *m);
} handlers[] = {
    {HSR_MSG_START, execution_start},
    {HSR_MSG_FOLLOW, execution_follow},
    {HSR_MSG_WINDOW, execution_window},
    {HSR_MSG_FORGET, execution_forget},
    {HSR_MSG_STDIN, execution_stdin},
    {HSR_MSG_RESIZE, execution_resize},
    {HSR_MSG_SIGNAL, execution_signal},
    {HSR_MSG_LIST, on_list},
    {HSR_MSG_KILL_ORPHANS, on_kill_orphans},
    {HSR_MSG_PING, on_ping},
    {HSR_MSG_CANCEL, on_cancel},
    {HSR_MSG_QUIESCE, on_quiesce},
    {HSR_MSG_RESUME, on_resume},
    {HSR_MSG_CONNECT, connection_open},
    {HSR_MSG_PORTS, ports_list},
    {HSR_MSG_CHANNEL_SEND, connection_send},
    {HSR_MSG_CHANNEL_CREDIT, channel_credit},
    {HSR_MSG_WATCH, watch_begin},
    {HSR_MSG_FOLLOW_WATCH, watch_follow},
    {HSR_MSG_WATCH_CREDIT, watch_credit},
    {HSR_MSG_UNWATCH, watch_end},
    {HSR_MSG_FILE_WRITE, transfer_message},
    {HSR_MSG_FILE_READ, file_request},
    {HSR_MSG_FILE_STAT, file_request},
    {HSR_MSG_FILE_LIST, file_request},
    {HSR_MSG_FILE_MKDIR, file_request},
    {HSR_MSG_FILE_MOVE, file_request},
    {HSR_MSG_FILE_REMOVE, file_request},
    {HSR_MSG_FILE_CHMOD, file_request},
    {HSR_MSG_FILE_STREAM, file_request},
    {HSR_MSG_FILE_LINK, file_request},
};

static void on_message(const struct message *m) {
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (handlers[i].type == m->type) {
            handlers[i].handle(m);
            return;
        }
    }
    complain(m->id, m->type, HSR_ERROR_UNKNOWN_MESSAGE, "unknown message");
}

static const struct framing_events events = {on_opened, on_message, on_lost};

void session_input(const uint8_t *bytes, size_t length) {
    session.input = bytes;
    session.input_at = 0;
    session.input_length = length;
}

bool session_work(void) {
    while (session.input_at < session.input_length && stream_waiting() < 2 * STREAM_BUSY_BYTES) {
        session.input_at += framing_step(&session.framing, session.input + session.input_at,
                                         session.input_length - session.input_at, &events);
    }
    if (session.input_at < session.input_length) return true;
    session.input = NULL;
    session.input_at = session.input_length = 0;
    return false;
}

bool session_keeps_room(void) {
    return framing_keeps_room(&session.framing) || stream_keeps_room();
}

void session_free_room(void) {
    framing_free_room(&session.framing);
    stream_free_room();
}

void session_release(void) {
    if (!session.release_when_flushed || stream_waiting()) return;
    session_stream_gone();
    stream_replace(-1);
}
