// What the launcher does with each request, and what it says.
#include "worker.h"

#include "io.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REPLY_MAX_BYTES = 512 + SANDBOXES_MAX * (4 + WIRE_NAME_MAX_BYTES) };

static void reply(struct worker *w, struct connection *c, struct message *message) {
    connection_send(w, c, message->bytes, message_finish(message));
}

void answer_error(struct worker *w, struct connection *c, uint32_t number, const char *code, const char *text,
                  const char *limit) {
    uint8_t bytes[1024];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_ERROR, number);
    message_text(&message, TAG_ERROR_CODE, code);
    message_text(&message, TAG_MESSAGE, text);
    if (limit) message_text(&message, TAG_LIMIT, limit);
    reply(w, c, &message);
}

void answer_refuse(struct worker *w, struct connection *c, uint32_t number, const char *code,
                   const char *text, const char *limit) {
    answer_error(w, c, number, code, text, limit);
    connection_close(w, c);
}

static void refuse(struct worker *w, struct connection *c, const struct request *r, const char *code,
                   const char *text, const char *limit) {
    answer_refuse(w, c, r->number, code, text, limit);
}

void answer_killed(struct worker *w, const struct sandbox *s, const struct kill_waiter *waiter) {
    uint8_t bytes[1024];
    struct message message;
    if (!waiter->connection) return;
    message_begin(&message, bytes, sizeof bytes, MSG_OK, waiter->request);
    put_end(&message, s->id, s->reason, s->detail, sandbox_wall_ms(s), &s->usage);
    reply(w, waiter->connection, &message);
}

static bool version(const struct request *r) {
    return r->version_min <= WIRE_VERSION_MAX && r->version_max >= WIRE_VERSION_MIN;
}

static uint64_t chosen_version(const struct request *r) {
    return r->version_max < WIRE_VERSION_MAX ? r->version_max : WIRE_VERSION_MAX;
}

static void hello(struct worker *w, struct connection *c, const struct request *r) {
    static uint8_t bytes[8192];
    struct message message;
    c->state = CONNECTION_CONTROL;
    memcpy(c->owner, r->owner, sizeof c->owner);
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    message_u64(&message, TAG_VERSION, chosen_version(r));
    facts_write(w, &message);
    reply(w, c, &message);
    ended_tell(w, c);
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        const struct sandbox *s = w->sandboxes[i];
        if (!s->expired || s->state == SANDBOX_DYING || !owner_sees(c->owner, s->owner)) continue;
        message_begin(&message, bytes, sizeof bytes, MSG_EXPIRED, 0);
        message_text(&message, TAG_SANDBOX, s->id);
        reply(w, c, &message);
    }
}

// The first required limit that this host does not enforce, or NULL.
static const char *unenforceable(limit_set required, limit_set enforces) {
    for (int i = 0; i < LIMIT_COUNT; i++)
        if ((required & ~enforces) >> i & 1) return limit_names[i];
    return NULL;
}

void answer_launched(struct worker *w, struct connection *c, uint32_t number, uint64_t version,
                     limit_set enforces) {
    uint8_t bytes[512];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_OK, number);
    message_u64(&message, TAG_VERSION, version);
    for (int i = 0; i < LIMIT_COUNT; i++)
        if (!(enforces >> i & 1)) message_text(&message, TAG_UNENFORCED, limit_names[i]);
    reply(w, c, &message);
}

static void launch(struct worker *w, struct connection *c, const struct request *r) {
    enum limit which;
    limit_set enforces = w->enforces;
    const char *lacking = unenforceable(r->required, enforces);
    if (!limits_check(&r->limits, &which))
        return refuse(w, c, r, "bad_limit", "a limit is out of bounds", limit_names[which]);
    if (w->stopping) return refuse(w, c, r, "stopping", "the launcher is being stopped", NULL);
    if (lacking)
        return refuse(w, c, r, "unenforceable", "this host cannot enforce a required limit", lacking);
    if (sandbox_find(w, r->sandbox)) return refuse(w, c, r, "exists", "a sandbox of this id lives", NULL);
    int filter = profile_open(&w->profiles, r->profile);
    if (filter < 0) return refuse(w, c, r, "unknown_profile", "there is no such system-call profile", NULL);
    struct sandbox *s = sandbox_take_stem(w);
    if (!s) {
        close(filter);
        const char *code = errno == EAGAIN ? "full" : "failed";
        return refuse(w, c, r, code, w->trouble[0] ? w->trouble : "no sandbox can be made now", NULL);
    }
    const limit_set grouped = 1u << LIMIT_MEMORY | 1u << LIMIT_PIDS | 1u << LIMIT_CPU;
    limit_set taken = leaf_limit(w->cgroups, s->leaf, &r->limits);
    if (w->counts_processes) taken |= 1u << LIMIT_PIDS;
    enforces &= ~grouped | taken;
    lacking = unenforceable(r->required, enforces);
    if (lacking) {
        close(filter);
        sandbox_kill(w, s, "destroyed");
        return refuse(w, c, r, "unenforceable", "the kernel did not take a required limit", lacking);
    }
    // Named first: should the stem be dead, the end is told under this name.
    sandbox_name(s, r);
    if (r->mount_count > 0) return launch_with_mounts(w, c, r, s, filter, enforces);
    // The reply goes out before the agent can write: from here on the connection is its stream.
    answer_launched(w, c, r->number, chosen_version(r), enforces);
    if (c->socket.fd >= 0 && !sandbox_start(w, s, c->socket.fd, filter, NULL))
        sandbox_kill(w, s, "setup_failed");
    close(filter);
    connection_close(w, c);
}

static void join(struct worker *w, struct connection *c, const struct request *r) {
    struct sandbox *s = sandbox_of(w, r->owner, r->sandbox);
    if (!s || s->state == SANDBOX_DYING) return refuse(w, c, r, "not_found", "no such sandbox lives", NULL);
    answer_launched(w, c, r->number, chosen_version(r), w->enforces);
    if (c->socket.fd >= 0) sandbox_join(w, s, c->socket.fd);
    connection_close(w, c);
}

static void kill_one(struct worker *w, struct connection *c, const struct request *r) {
    struct sandbox *s = sandbox_of(w, c->owner, r->sandbox);
    if (!s) return answer_error(w, c, r->number, "not_found", "no such sandbox lives", NULL);
    if (s->waiter_count == KILL_WAITERS_MAX)
        return answer_error(w, c, r->number, "busy", "too many wait for this end already", NULL);
    s->waiters[s->waiter_count++] = (struct kill_waiter){c, r->number};
    sandbox_kill(w, s, "destroyed");
}

static void usage(struct worker *w, struct connection *c, const struct request *r) {
    struct sandbox *s = sandbox_of(w, c->owner, r->sandbox);
    if (!s) return answer_error(w, c, r->number, "not_found", "no such sandbox lives", NULL);
    uint8_t bytes[512];
    struct message message;
    struct usage now;
    leaf_usage(w->cgroups, s->leaf, &now);
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    put_usage(&message, &now, sandbox_wall_ms(s));
    reply(w, c, &message);
}

static void metrics(struct worker *w, struct connection *c, const struct request *r) {
    struct sandbox *s = sandbox_of(w, c->owner, r->sandbox);
    // Of one that dies the final figures come with its end.
    if (!s || s->state == SANDBOX_DYING)
        return answer_error(w, c, r->number, "not_found", "no such sandbox lives", NULL);
    uint8_t bytes[512];
    struct message message;
    struct metrics now;
    leaf_metrics(w->cgroups, s->leaf, &now);
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    put_usage(&message, &now.usage, sandbox_wall_ms(s));
    put_known(&message, TAG_CPU_USER_US, now.cpu_user_us);
    put_known(&message, TAG_CPU_SYSTEM_US, now.cpu_system_us);
    put_known(&message, TAG_CPU_THROTTLED_US, now.cpu_throttled_us);
    put_known(&message, TAG_MEMORY_NOW_BYTES, now.memory_bytes);
    put_known(&message, TAG_PIDS_NOW, now.pids);
    put_known(&message, TAG_IO_READ_BYTES, now.io_read_bytes);
    put_known(&message, TAG_IO_WRITTEN_BYTES, now.io_written_bytes);
    message_u64(&message, TAG_MEMORY_BYTES, s->limits.memory_bytes);
    message_u64(&message, TAG_PIDS, s->limits.pids);
    message_u64(&message, TAG_CPU_MILLIS, s->limits.cpu_millis);
    uint64_t now_at = now_ns();
    message_u64(&message, TAG_DEADLINE_MS, s->deadline_ns > now_at ? (s->deadline_ns - now_at) / 1000000 : 0);
    reply(w, c, &message);
}

static void renew(struct worker *w, struct connection *c, const struct request *r) {
    struct sandbox *s = sandbox_of(w, c->owner, r->sandbox);
    if (!deadline_check(r->limits.deadline_ms))
        return answer_error(w, c, r->number, "bad_limit", "the deadline is out of bounds",
                            limit_names[LIMIT_WALL_TIME]);
    if (!s || !sandbox_renew(w, s, r->limits.deadline_ms))
        return answer_error(w, c, r->number, "not_found", "no such sandbox lives", NULL);
    uint8_t bytes[64];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    message_u64(&message, TAG_DEADLINE_MS, r->limits.deadline_ms);
    reply(w, c, &message);
}

// How a sandbox ended that is no more. `forgotten` is for a gateway that asks after one which the launcher
// has never seen: only of what ended after that time can it say so.
static void end(struct worker *w, struct connection *c, const struct request *r) {
    uint8_t bytes[1024];
    struct message message;
    const struct ended *e = ended_find(w, c->owner, r->sandbox);
    if (sandbox_of(w, c->owner, r->sandbox))
        return answer_error(w, c, r->number, "exists", "this sandbox lives", NULL);
    message_begin(&message, bytes, sizeof bytes, e ? MSG_OK : MSG_ERROR, r->number);
    if (e) {
        put_end(&message, e->id, e->reason, e->detail, e->wall_ms, &e->usage);
    } else {
        message_text(&message, TAG_ERROR_CODE, "not_found");
        message_text(&message, TAG_MESSAGE, "no end of such a sandbox is known");
        if (w->forgotten_ns) message_u64(&message, TAG_FORGOTTEN_MS, (now_ns() - w->forgotten_ns) / 1000000);
    }
    reply(w, c, &message);
}

static void list(struct worker *w, struct connection *c, const struct request *r) {
    static uint8_t bytes[REPLY_MAX_BYTES];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        const struct sandbox *s = w->sandboxes[i];
        if ((s->state == SANDBOX_STARTING || s->state == SANDBOX_LIVE) && owner_sees(c->owner, s->owner))
            message_text(&message, TAG_SANDBOX, s->id);
    }
    reply(w, c, &message);
}

static void sweep(struct worker *w, struct connection *c, const struct request *r) {
    static uint8_t bytes[REPLY_MAX_BYTES];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        struct sandbox *s = w->sandboxes[i];
        if ((s->state != SANDBOX_STARTING && s->state != SANDBOX_LIVE) || request_names(r, s->id) ||
            !owner_sees(c->owner, s->owner))
            continue;
        message_text(&message, TAG_SANDBOX, s->id);
        sandbox_kill(w, s, "destroyed");
    }
    reply(w, c, &message);
}

static void facts(struct worker *w, struct connection *c, const struct request *r) {
    static uint8_t bytes[8192];
    struct message message;
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    facts_write(w, &message);
    reply(w, c, &message);
}

static void prepare(struct worker *w, struct connection *c, const struct request *r) {
    uint8_t bytes[128];
    struct message message;
    // More than this many waiting sandboxes cost memory and gain nothing.
    w->stems_wanted = r->count > 32 ? 32 : (unsigned)r->count;
    stems_refill(w);
    message_begin(&message, bytes, sizeof bytes, MSG_OK, r->number);
    message_u64(&message, TAG_COUNT, w->stems_wanted);
    reply(w, c, &message);
}

void answer_first(struct worker *w, struct connection *c, const struct request *r) {
    bool versioned =
        r->type == MSG_HELLO || r->type == MSG_LAUNCH || r->type == MSG_CLAIM || r->type == MSG_JOIN;
    if (versioned && !version(r)) return refuse(w, c, r, "version", "no common protocol version", NULL);
    switch (r->type) {
    case MSG_HELLO:
        return hello(w, c, r);
    case MSG_LAUNCH:
    case MSG_CLAIM:
        return launch(w, c, r);
    case MSG_JOIN:
        return join(w, c, r);
    default:
        return refuse(w, c, r, "malformed", "the first message must be hello, launch, claim or join", NULL);
    }
}

void answer_control(struct worker *w, struct connection *c, const struct request *r) {
    switch (r->type) {
    case MSG_KILL:
        return kill_one(w, c, r);
    case MSG_USAGE:
        return usage(w, c, r);
    case MSG_METRICS:
        return metrics(w, c, r);
    case MSG_DEADLINE:
        return renew(w, c, r);
    case MSG_END:
        return end(w, c, r);
    case MSG_VOLUME_CREATE:
    case MSG_VOLUME_REMOVE:
    case MSG_VOLUME_LIST:
        return answer_volume(w, c, r);
    case MSG_LIST:
        return list(w, c, r);
    case MSG_FACTS:
        return facts(w, c, r);
    case MSG_SWEEP:
        return sweep(w, c, r);
    case MSG_PREPARE:
        return prepare(w, c, r);
    default:
        return refuse(w, c, r, "malformed", "this message has no place on a control connection", NULL);
    }
}
