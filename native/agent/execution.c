/* The table of executions and the requests about them. */
#include "agent.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct execution *table[HSR_EXECUTIONS_MAX];

struct execution *execution_next(const struct execution *after) {
    size_t i = 0;
    while (after && i < HSR_EXECUTIONS_MAX && table[i++] != after)
        continue;
    for (; i < HSR_EXECUTIONS_MAX; i++) {
        if (table[i]) return table[i];
    }
    return NULL;
}

struct execution *execution_find(uint32_t id) {
    for (size_t i = 0; i < HSR_EXECUTIONS_MAX; i++) {
        if (table[i] && table[i]->id == id) return table[i];
    }
    return NULL;
}

struct execution *execution_by_pid(pid_t pid) {
    for (size_t i = 0; i < HSR_EXECUTIONS_MAX; i++) {
        if (table[i] && table[i]->pid == pid && table[i]->state <= EXECUTION_RUNNING) return table[i];
    }
    return NULL;
}

static void close_once(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void execution_free(struct execution *e) {
    for (size_t i = 0; i < HSR_EXECUTIONS_MAX; i++) {
        if (table[i] == e) table[i] = NULL;
    }
    for (int which = 0; which < 2; which++) {
        close_once(&e->channel[which].fd);
        ring_discard(&e->channel[which].ring);
    }
    input_close(e);
    close_once(&e->report);
    free(e);
}

static struct execution *execution_new(uint32_t id) {
    for (size_t i = 0; i < HSR_EXECUTIONS_MAX; i++) {
        if (table[i]) continue;
        struct execution *e = calloc(1, sizeof *e);
        if (!e) return NULL;
        e->id = id;
        e->report = e->input_fd = e->channel[0].fd = e->channel[1].fd = -1;
        e->channel[0].ring.most = e->channel[1].ring.most = HSR_RING_MAX;
        e->input.most = HSR_STDIN_MAX;
        table[i] = e;
        return e;
    }
    return NULL;
}

static void tell_failed(uint32_t id, int error, uint32_t stage) {
    uint8_t body[8];
    struct pen p = pen_on(body, sizeof body);
    pen_u32(&p, (uint32_t)error);
    pen_u32(&p, stage);
    stream_frame(HSR_MSG_FAILED, 0, id, body, sizeof body);
}

static void tell_started(const struct execution *e) {
    uint8_t body[4];
    struct pen p = pen_on(body, sizeof body);
    pen_u32(&p, (uint32_t)e->pid);
    stream_frame(HSR_MSG_STARTED, 0, e->id, body, sizeof body);
}

static void follow(struct execution *e, uint64_t from[2], const uint64_t credit[2]) {
    e->followed = true;
    e->exit_told = false;
    for (int which = 0; which < 2; which++) {
        struct channel *c = &e->channel[which];
        c->sent = from[which] < c->ring.start ? c->ring.start
                  : from[which] > c->ring.end ? c->ring.end
                                              : from[which];
        c->credit = credit[which];
        c->jump_told = 0;
        c->counted_ms = 0;
    }
    if (e->state != EXECUTION_STARTING) tell_started(e);
    if (e->has_input) input_tell(e);
}

static void take_flags(struct execution *e, uint8_t flags) {
    e->background = flags & HSR_FLAG_BACKGROUND;
    channel_skip(&e->channel[0], flags & HSR_FLAG_SKIP_STDOUT);
    channel_skip(&e->channel[1], flags & HSR_FLAG_SKIP_STDERR);
}

static void start_now(uint32_t id, const struct start *s) {
    struct execution *e = execution_new(id);
    if (!e) {
        tell_failed(id, EAGAIN, HSR_STAGE_RESOURCES);
        return;
    }
    struct spawned spawned;
    struct spawn_failure failure;
    if (!spawn(s, &spawned, &failure)) {
        execution_free(e);
        tell_failed(id, failure.error, failure.stage);
        return;
    }
    e->pid = spawned.pid;
    e->report = spawned.report;
    e->input_fd = spawned.input;
    e->channel[0].fd = spawned.output;
    e->channel[1].fd = spawned.error;
    e->terminal = s->flags & HSR_START_PTY;
    e->background = s->flags & HSR_START_BACKGROUND;
    if (s->timeout_ms) e->kill_at_ms = now_ms() + (int64_t)s->timeout_ms;
    e->has_input = e->input_fd >= 0;
    e->input_ends = !e->has_input;
    uint64_t from[2] = {0, 0}, credit[2] = {s->stdout_credit, s->stderr_credit};
    follow(e, from, credit);
}

void execution_start(const struct message *m) {
    struct execution *known = execution_find(m->id);
    struct start s;
    int error = start_parse(m->payload, m->length, &s);
    if (error)
        tell_failed(m->id, error, HSR_STAGE_REQUEST);
    else if (known && !known->forgotten) {
        /* A repeat: what was asked for exists; it is followed from its beginning, as the first time. */
        uint64_t from[2] = {0, 0}, credit[2] = {s.stdout_credit, s.stderr_credit};
        follow(known, from, credit);
    } else if (known || session_quiesced())
        tell_failed(m->id, EBUSY, HSR_STAGE_REQUEST);
    else
        start_now(m->id, &s);
    start_free(&s);
}

void execution_follow(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t from[2] = {cursor_u64(&c), cursor_u64(&c)};
    uint64_t credit[2] = {cursor_u64(&c), cursor_u64(&c)};
    struct execution *e = execution_find(m->id);
    if (!cursor_done(&c))
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "four offsets");
    else if (!e || e->forgotten)
        tell_failed(m->id, ESRCH, HSR_STAGE_REQUEST);
    else {
        take_flags(e, m->flags);
        follow(e, from, credit);
        /* Who comes back may not know how it was started. */
        if (!e->has_input && e->state == EXECUTION_RUNNING) input_tell(e);
    }
}

void execution_window(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t credit[2] = {cursor_u64(&c), cursor_u64(&c)};
    uint64_t kept[2] = {cursor_u64(&c), cursor_u64(&c)};
    struct execution *e = execution_find(m->id);
    if (!cursor_done(&c)) {
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "four offsets");
        return;
    }
    if (!e || !e->followed) return;
    for (int which = 0; which < 2; which++) {
        struct channel *channel = &e->channel[which];
        if (credit[which] > channel->credit) channel->credit = credit[which];
        /* Only what was sent can have been kept. */
        ring_release(&channel->ring, kept[which] < channel->sent ? kept[which] : channel->sent);
    }
    take_flags(e, m->flags);
}

void execution_forget(const struct message *m) {
    struct execution *e = execution_find(m->id);
    if (e && e->state == EXECUTION_ENDED)
        execution_free(e);
    else if (e) {
        /* It runs on; its output goes nowhere and its end is not kept. */
        e->forgotten = e->background = true;
        e->followed = false;
    }
    stream_frame(HSR_MSG_FORGOTTEN, 0, m->id, NULL, 0);
}

void execution_resize(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    struct execution *e = execution_find(cursor_u32(&c));
    struct winsize size = {.ws_row = cursor_u16(&c), .ws_col = cursor_u16(&c)};
    int error = 0;
    if (!cursor_done(&c))
        error = EINVAL;
    else if (!e || e->channel[0].fd < 0)
        error = ESRCH;
    else if (!e->terminal)
        error = ENOTTY;
    else if (ioctl(e->channel[0].fd, TIOCSWINSZ, &size) != 0)
        error = errno;
    answer(m->id, error, NULL, 0);
}

void execution_signal(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t token = cursor_u64(&c);
    struct execution *e = execution_find(cursor_u32(&c));
    uint32_t signal = cursor_u32(&c);
    uint8_t scope = cursor_u8(&c);
    int error = 0;
    if (!cursor_done(&c) || signal > 64 || scope > HSR_SCOPE_SESSION)
        error = EINVAL;
    else if (remembered(m->id, token))
        return;
    else if (!e || e->state > EXECUTION_RUNNING)
        error = ESRCH; /* the process is gone: its number may be another's by now */
    else if (scope == HSR_SCOPE_SESSION)
        error = family_signal_session(e->pid, (int)signal) ? 0 : ESRCH;
    else if (kill(scope == HSR_SCOPE_PROCESS ? e->pid : -e->pid, (int)signal) != 0)
        error = errno;
    answer_once(m->id, token, error, NULL, 0);
}

void execution_list(struct pen *p) {
    uint32_t count = 0;
    for (struct execution *e = NULL; (e = execution_next(e));)
        count += !e->forgotten;
    pen_u32(p, count);
    for (struct execution *e = NULL; (e = execution_next(e));) {
        if (e->forgotten) continue;
        bool ended = e->state == EXECUTION_ENDED, signaled = ended && WIFSIGNALED(e->status);
        pen_u32(p, e->id);
        pen_u32(p, (uint32_t)e->pid);
        pen_u8(p, (uint8_t)((ended ? 0 : HSR_STATE_RUNNING) | (e->background ? HSR_STATE_BACKGROUND : 0) |
                            (e->terminal ? HSR_STATE_PTY : 0) | (signaled ? HSR_STATE_SIGNALED : 0) |
                            (e->timed_out ? HSR_STATE_TIMED_OUT : 0)));
        pen_u8(p, (uint8_t)(!ended ? 0 : signaled ? WTERMSIG(e->status) : WEXITSTATUS(e->status)));
        for (int which = 0; which < 2; which++) {
            pen_u64(p, e->channel[which].ring.start);
            pen_u64(p, e->channel[which].ring.end);
            pen_u64(p, e->channel[which].dropped);
        }
        pen_u64(p, e->input.end);
    }
}

void executions_new_epoch(void) {
    for (struct execution *e = NULL; (e = execution_next(e));)
        e->followed = false;
}

/* The report ends when the program runs, or brings the reason why it does not. */
void execution_settle_report(struct execution *e) {
    struct spawn_failure failure;
    ssize_t n = read(e->report, &failure, sizeof failure);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close_once(&e->report);
    if (n != sizeof failure) {
        e->state = EXECUTION_RUNNING;
        if (e->followed) tell_started(e);
        return;
    }
    if (e->followed) tell_failed(e->id, failure.error, failure.stage);
    /* The child is about to end, or has; whoever collects it will not find it here. */
    execution_free(e);
}

void execution_reaped(struct execution *e, int status, const struct rusage *rusage) {
    e->status = status;
    e->rusage = *rusage;
    e->state = EXECUTION_DRAINING;
    input_close(e);
    for (int which = 0; which < 2; which++) {
        struct channel *c = &e->channel[which];
        int waiting = 0;
        if (c->fd >= 0 && ioctl(c->fd, FIONREAD, &waiting) != 0) waiting = 0;
        c->must_read = c->ring.end + (uint64_t)waiting;
    }
    e->drain_until_ms = now_ms() + 100;
    channels_drain(e, now_ms());
}
