/* Output on its way: from pipes into rings, from rings into frames. */
#include "agent.h"
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES 65536u
#define FRAME_BYTES 32768u
/* How often a terminal that nobody holds is looked at: poll would answer at once, for ever. */
#define HUNG_UP_MS 50
/* Where nobody reads, this much of the oldest output makes way at a time. */
#define DROP_BYTES 16384u
/* How often the gateway hears how much of a skipped stream there is. */
#define COUNT_MS 200

static void make_way(struct execution *e, struct channel *c) {
    struct ring *r = &c->ring;
    if (e->forgotten) {
        ring_discard(r);
    } else if (e->background && ring_space(r) < DROP_BYTES) {
        uint64_t before = r->start;
        ring_release(r, r->start + DROP_BYTES - ring_space(r));
        c->dropped += r->start - before;
        if (c->sent < r->start) c->sent = r->start;
    }
}

static void close_channel(struct channel *c) {
    close(c->fd);
    c->fd = -1;
}

void channel_skip(struct channel *c, bool skipped) {
    c->skipped = skipped;
    if (!skipped) return;
    c->dropped += c->ring.end - c->ring.start;
    ring_discard(&c->ring);
    c->sent = c->ring.end;
}

/* Reads into the ring. Sets how much could have come; -2 where there is no room. */
static ssize_t read_kept(struct channel *c, size_t *room) {
    /* Small rings for small output: room is doubled only when a read filled what there was. */
    if (c->ring.room == ring_length(&c->ring) && ring_space(&c->ring) && !ring_reserve(&c->ring, 1))
        return -2;
    struct iovec part[2];
    int parts = ring_free_part(&c->ring, part);
    if (!parts) return -2;
    *room = part[0].iov_len + (parts > 1 ? part[1].iov_len : 0);
    return readv(c->fd, part, parts);
}

static ssize_t read_skipped(struct channel *c, size_t *room) {
    static uint8_t nowhere[READ_BYTES];
    *room = sizeof nowhere;
    ssize_t n = read(c->fd, nowhere, sizeof nowhere);
    if (n <= 0) return n;
    c->ring.start += (uint64_t)n;
    c->dropped += (uint64_t)n;
    c->sent = c->ring.start;
    return n;
}

/* Reads what is there, at most READ_BYTES, so that one loud execution does not starve the others. */
void channel_read(struct execution *e, int which) {
    struct channel *c = &e->channel[which];
    for (uint32_t taken = 0; c->fd >= 0 && taken < READ_BYTES;) {
        make_way(e, c);
        size_t room = 0;
        ssize_t n = c->skipped ? read_skipped(c, &room) : read_kept(c, &room);
        if (n == -2) return;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            ring_added(&c->ring, 0);
            return;
        }
        if (n <= 0) {
            ring_added(&c->ring, 0);
            /* A terminal that nobody holds says EIO. To close it while its leader still lives would kill the
             * leader with SIGHUP, on its way out or about to open /dev/tty again. */
            c->hung_up = n < 0 && errno == EIO && e->terminal && e->state <= EXECUTION_RUNNING;
            if (!c->hung_up) close_channel(c);
            return;
        }
        c->hung_up = false;
        ring_added(&c->ring, (uint32_t)n);
        taken += (uint32_t)n;
        if ((size_t)n < room) return;
    }
}

static bool drained(const struct execution *e, const struct channel *c, int64_t now) {
    return c->fd < 0 || (c->ring.end >= c->must_read && now >= e->drain_until_ms);
}

/* After the end of the process: what was in the pipes is read to the last byte; what a surviving grandchild
 * adds is read until a short deadline, and then nobody listens to it any more. */
void channels_drain(struct execution *e, int64_t now) {
    for (int which = 0; which < 2; which++)
        channel_read(e, which);
    if (!drained(e, &e->channel[0], now) || !drained(e, &e->channel[1], now)) return;
    for (int which = 0; which < 2; which++) {
        if (e->channel[which].fd >= 0) close_channel(&e->channel[which]);
    }
    e->state = EXECUTION_ENDED;
    if (e->forgotten) execution_free(e);
}

static void watch(struct pollfd *fds, size_t *count, size_t room, int fd, short events) {
    if (fd >= 0 && *count < room) fds[(*count)++] = (struct pollfd){.fd = fd, .events = events};
}

/* Whether a count is to be told at some time. The last one stands in EXIT. */
static bool counts(const struct execution *e, const struct channel *c) {
    return c->skipped && c->sent != c->jump_told && e->followed && e->state < EXECUTION_ENDED;
}

/* A count that was not told is told in time, even if nothing more comes. */
static void count_wait(const struct execution *e, int64_t now, int *timeout_ms) {
    for (int which = 0; which < 2; which++) {
        if (!counts(e, &e->channel[which]) || stream_waiting() >= STREAM_BUSY_BYTES) continue;
        int64_t left = e->channel[which].counted_ms + COUNT_MS - now;
        if (left < 0) left = 0;
        if (*timeout_ms < 0 || left < *timeout_ms) *timeout_ms = (int)left;
    }
}

static void wait_until(int64_t at, int64_t now, int *timeout_ms) {
    int64_t left = at > now ? at - now : 0;
    if (left > 60000) left = 60000; /* so that it fits; then one looks again */
    if (*timeout_ms < 0 || left < *timeout_ms) *timeout_ms = (int)left;
}

size_t executions_poll(struct pollfd *fds, size_t room, int64_t now, int *timeout_ms) {
    size_t count = 0;
    for (struct execution *e = NULL; (e = execution_next(e));) {
        watch(fds, &count, room, e->report, POLLIN);
        for (int which = 0; which < 2; which++) {
            struct channel *c = &e->channel[which];
            if (!c->hung_up && (e->background || ring_space(&c->ring)))
                watch(fds, &count, room, c->fd, POLLIN);
        }
        count_wait(e, now, timeout_ms);
        if (e->kill_at_ms && e->state == EXECUTION_RUNNING) wait_until(e->kill_at_ms, now, timeout_ms);
        if (e->channel[0].hung_up && (*timeout_ms < 0 || *timeout_ms > HUNG_UP_MS)) *timeout_ms = HUNG_UP_MS;
        /* Without anything to write a pipe is watched for the end of its reader. A terminal that was left
         * says so for ever. */
        bool writing = e->input.start < e->input.end || e->input_ends;
        if (writing || !e->terminal) watch(fds, &count, room, e->input_fd, writing ? POLLOUT : 0);
        if (e->state == EXECUTION_DRAINING) {
            int64_t left = e->drain_until_ms - now;
            if (left < 0) left = 0;
            /* At the deadline with bytes still to fetch there is nothing to wait for but the gateway's
             * credit. */
            bool blocked = left == 0;
            if (!blocked && (*timeout_ms < 0 || left < *timeout_ms)) *timeout_ms = (int)left;
        }
    }
    return count;
}

static short ready(const struct pollfd *fds, size_t count, size_t *at, int fd) {
    /* The order is that of executions_poll; what was not watched then is not found now. */
    for (size_t i = *at; fd >= 0 && i < count; i++) {
        if (fds[i].fd == fd) {
            *at = i + 1;
            return fds[i].revents;
        }
    }
    return 0;
}

/* Whether or not a gateway is there to do it. What escaped the session is left to the end of the sandbox. */
static void end_in_time(struct execution *e, int64_t now) {
    if (!e->kill_at_ms || now < e->kill_at_ms) return;
    e->kill_at_ms = 0;
    e->timed_out = true;
    kill(-e->pid, SIGKILL);
    family_signal_session(e->pid, SIGKILL);
}

void executions_ready(const struct pollfd *fds, size_t count, int64_t now) {
    struct execution *following = NULL;
    size_t at = 0;
    for (struct execution *e = execution_next(NULL); e; e = following) {
        following = execution_next(e);
        short report = ready(fds, count, &at, e->report);
        short output = ready(fds, count, &at, e->channel[0].fd);
        short error = ready(fds, count, &at, e->channel[1].fd);
        short input = ready(fds, count, &at, e->input_fd);
        if (output || e->channel[0].hung_up) channel_read(e, 0);
        if (error) channel_read(e, 1);
        if (input & POLLERR)
            input_close(e);
        else if (input)
            input_write(e);
        if (e->state == EXECUTION_RUNNING) end_in_time(e, now);
        if (report)
            execution_settle_report(e); /* may free it */
        else if (e->state == EXECUTION_DRAINING)
            channels_drain(e, now);
    }
}

static bool count_due(const struct execution *e, struct channel *c) {
    if (!counts(e, c)) return false;
    int64_t now = now_ms();
    if (now - c->counted_ms < COUNT_MS) return false;
    c->counted_ms = now;
    return true;
}

static bool tell_output(struct execution *e, int which) {
    struct channel *c = &e->channel[which];
    uint64_t until = c->ring.end < c->credit ? c->ring.end : c->credit;
    if (c->skipped ? count_due(e, c) : c->sent > c->credit && c->sent != c->jump_told) {
        /* Dropped bytes lie between: the gateway must hear where the stream goes on, or it would never give
         * credit there. */
        uint8_t jump[8];
        struct pen at = pen_on(jump, sizeof jump);
        pen_u64(&at, c->sent);
        stream_frame(HSR_MSG_OUTPUT, which ? HSR_FLAG_STDERR : 0, e->id, jump, sizeof jump);
        c->jump_told = c->sent;
    }
    if (c->sent >= until) return false;
    uint32_t length = until - c->sent < FRAME_BYTES ? (uint32_t)(until - c->sent) : FRAME_BYTES;
    uint8_t offset[8];
    struct pen p = pen_on(offset, sizeof offset);
    pen_u64(&p, c->sent);
    struct iovec parts[3] = {{offset, sizeof offset}};
    int count = 1 + ring_kept_part(&c->ring, c->sent, length, parts + 1);
    stream_frame_parts(HSR_MSG_OUTPUT, which ? HSR_FLAG_STDERR : 0, e->id, parts, count);
    c->sent += length;
    return true;
}

static uint64_t microseconds(struct timeval t) {
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec;
}

static void tell_exit(struct execution *e) {
    bool signaled = WIFSIGNALED(e->status);
    uint8_t body[64];
    struct pen p = pen_on(body, sizeof body);
    pen_u32(&p, (signaled ? HSR_EXIT_SIGNALED : 0u) | (e->timed_out ? HSR_EXIT_TIMED_OUT : 0u));
    pen_u32(&p, (uint32_t)(signaled ? WTERMSIG(e->status) : WEXITSTATUS(e->status)));
    for (int which = 0; which < 2; which++) {
        pen_u64(&p, e->channel[which].ring.end);
        pen_u64(&p, e->channel[which].dropped);
    }
    pen_u64(&p, microseconds(e->rusage.ru_utime));
    pen_u64(&p, microseconds(e->rusage.ru_stime));
    pen_u64(&p, (uint64_t)e->rusage.ru_maxrss * 1024u);
    stream_frame(HSR_MSG_EXIT, 0, e->id, body, (size_t)(p.at - body));
    e->exit_told = true;
}

bool executions_tell(void) {
    bool more = false;
    for (struct execution *e = NULL; (e = execution_next(e));) {
        if (!e->followed || e->state == EXECUTION_STARTING) continue;
        bool told = tell_output(e, 0);
        told = tell_output(e, 1) || told;
        if (!told && e->state == EXECUTION_ENDED && !e->exit_told &&
            e->channel[0].sent == e->channel[0].ring.end && e->channel[1].sent == e->channel[1].ring.end)
            tell_exit(e);
        more = more || told;
    }
    return more;
}
