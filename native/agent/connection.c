/* TCP connections to servers of the guest: only of this network's own loopback, and only by a port, so there
 * is nothing that could lead elsewhere. What comes from the guest stays in the kernel until there is credit
 * for it; what goes to it waits in a ring of one window. */
#include "agent.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server whose queue is full does not answer at all. */
#define CONNECT_MS 5000
#define FRAME_BYTES 32768u

struct connection {
    uint32_t id;
    int fd;
    bool connecting;
    int64_t connect_until_ms;
    bool readable; /* as poll said; until a read says otherwise */
    bool read_ended;
    uint64_t received, credit; /* from the guest: bytes told, offset up to which the gateway takes them */
    struct ring outgoing;      /* to the guest, at offsets of all that the gateway sent */
    uint64_t window;           /* offset up to which the gateway may send, as it was last told */
    bool write_ends, write_ended;
    int write_error; /* the guest takes nothing any more; what it says may still be read */
};

static struct connection *table[HSR_CONNECTIONS_MAX];

static struct connection *find(uint32_t id) {
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX; i++) {
        if (table[i] && table[i]->id == id) return table[i];
    }
    return NULL;
}

bool connection_known(uint32_t id) {
    return find(id) != NULL;
}

static void drop(struct connection *c) {
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX; i++) {
        if (table[i] == c) table[i] = NULL;
    }
    close(c->fd);
    ring_discard(&c->outgoing);
    free(c);
}

static void end(struct connection *c, int error) {
    uint32_t id = c->id;
    drop(c);
    channel_closed(id, error);
}

/* The other end shall hear that this one did not end as it should. */
static void reset(struct connection *c) {
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    drop(c);
}

void connections_drop(void) {
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX; i++) {
        if (table[i]) reset(table[i]);
    }
}

void connection_cancel(uint32_t id) {
    struct connection *c = find(id);
    if (c) reset(c);
}

bool connection_credit(uint32_t id, uint64_t credit) {
    struct connection *c = find(id);
    if (c && credit > c->credit) c->credit = credit;
    return c != NULL;
}

/* A port of the ephemeral range where nobody listens can be met by the connection's own other end. */
static bool met_itself(int fd) {
    struct sockaddr_in6 own, peer; /* its port is where IPv4's is */
    socklen_t own_length = sizeof own, peer_length = sizeof peer;
    return getsockname(fd, (struct sockaddr *)&own, &own_length) == 0 &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_length) == 0 && own.sin6_port == peer.sin6_port;
}

static void opened(struct connection *c) {
    if (met_itself(c->fd)) {
        end(c, ECONNREFUSED);
        return;
    }
    c->connecting = false;
    c->window = HSR_CONNECTION_WINDOW;
    uint8_t body[8];
    struct pen p = pen_on(body, sizeof body);
    pen_u64(&p, c->window);
    channel_opened(c->id, body, sizeof body);
}

/* 0 or an errno; EINPROGRESS is left to poll. */
static int begin(struct connection *c, uint8_t family, uint16_t port) {
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool is_six = family == HSR_FAMILY_6;
    c->fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) return errno;
    const int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int done = is_six ? connect(c->fd, (struct sockaddr *)&six, sizeof six)
                      : connect(c->fd, (struct sockaddr *)&four, sizeof four);
    return done == 0 ? 0 : errno;
}

static struct connection *connection_new(uint32_t id) {
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX; i++) {
        if (table[i]) continue;
        struct connection *c = calloc(1, sizeof *c);
        if (!c) return NULL;
        *c = (struct connection){.id = id, .fd = -1, .outgoing.most = HSR_CONNECTION_WINDOW};
        return table[i] = c;
    }
    return NULL;
}

void connection_open(const struct message *m) {
    struct cursor at = cursor_on(m->payload, m->length);
    uint8_t family = cursor_u8(&at);
    uint16_t port = cursor_u16(&at);
    uint64_t credit = cursor_u64(&at);
    int error = 0;
    if (!cursor_done(&at) || port == 0 || (family != HSR_FAMILY_4 && family != HSR_FAMILY_6))
        error = EINVAL;
    else if (session_quiesced())
        error = EBUSY;
    else if (!channel_is_free(m->id))
        error = EEXIST;
    struct connection *c = error ? NULL : connection_new(m->id);
    if (!c) {
        channel_closed(m->id, error ? error : EAGAIN);
        return;
    }
    c->credit = credit;
    error = begin(c, family, port);
    if (error == EINPROGRESS) {
        c->connecting = true;
        c->connect_until_ms = now_ms() + CONNECT_MS;
    } else if (error)
        end(c, error);
    else
        opened(c);
}

/* What a guest that is gone will not take is passed over; its end says why. */
static void fail_writing(struct connection *c, int error) {
    c->write_error = error;
    c->write_ended = true;
    ring_discard(&c->outgoing);
}

static void write_out(struct connection *c) {
    while (!c->write_ended && ring_length(&c->outgoing)) {
        struct iovec part[2];
        struct msghdr message = {.msg_iov = part};
        message.msg_iovlen = (size_t)ring_kept_part(&c->outgoing, c->outgoing.start, UINT32_MAX, part);
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0)
            fail_writing(c, errno);
        else
            ring_release(&c->outgoing, c->outgoing.start + (uint64_t)n);
    }
    if (!c->write_ended && c->write_ends && ring_length(&c->outgoing) == 0) {
        shutdown(c->fd, SHUT_WR);
        c->write_ended = true;
    }
    uint64_t window = c->outgoing.start + HSR_CONNECTION_WINDOW;
    if (!c->write_ends && window - c->window >= HSR_CONNECTION_WINDOW / 4) {
        c->window = window;
        channel_window(c->id, window);
    }
    if (c->read_ended && c->write_ended) end(c, c->write_error);
}

void connection_send(const struct message *m) {
    struct connection *c = find(m->id);
    if (!c) return; /* its end was told, or is on its way */
    if (c->connecting || c->write_ends || m->length > c->window - c->outgoing.end) {
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "beyond the window");
        return;
    }
    if (ring_put(&c->outgoing, m->payload, (uint32_t)m->length) != m->length) {
        reset(c);
        channel_closed(m->id, ENOMEM);
        return;
    }
    if (m->flags & HSR_FLAG_END) c->write_ends = true;
    if (c->write_error) ring_discard(&c->outgoing);
    write_out(c);
}

static void settle_connect(struct connection *c, bool answered, int64_t now) {
    int error = 0;
    socklen_t length = sizeof error;
    if (answered && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (!answered && now < c->connect_until_ms) return;
    if (!answered) error = ETIMEDOUT;
    if (error)
        end(c, error);
    else
        opened(c);
}

/* A descriptor from which nothing is wanted is not watched: poll would tell of its end again and again. */
size_t connections_poll(struct pollfd *fds, size_t room, int64_t now, int *timeout_ms) {
    size_t count = 0;
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX && count < room; i++) {
        struct connection *c = table[i];
        if (!c) continue;
        bool reading = !c->connecting && !c->readable && !c->read_ended && c->credit > c->received;
        bool writing = c->connecting || (!c->write_ended && ring_length(&c->outgoing));
        if (reading || writing)
            fds[count++] = (struct pollfd){
                .fd = c->fd, .events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0))};
        if (!c->connecting) continue;
        int64_t left = c->connect_until_ms > now ? c->connect_until_ms - now : 0;
        if (*timeout_ms < 0 || left < *timeout_ms) *timeout_ms = (int)left;
    }
    return count;
}

void connections_ready(const struct pollfd *fds, size_t count, int64_t now) {
    size_t at = 0; /* the order is that of connections_poll */
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX; i++) {
        struct connection *c = table[i];
        if (!c) continue;
        struct pollfd seen = {0};
        if (at < count && fds[at].fd == c->fd) seen = fds[at++];
        if (c->connecting)
            settle_connect(c, seen.revents, now);
        else if (seen.revents) {
            if (seen.events & POLLIN) c->readable = true;
            if (seen.events & POLLOUT) write_out(c); /* may end it */
        }
    }
}

static bool tell(struct connection *c) {
    if (c->connecting || !c->readable || c->read_ended || c->credit <= c->received) return false;
    size_t most = c->credit - c->received < FRAME_BYTES ? (size_t)(c->credit - c->received) : FRAME_BYTES;
    uint8_t *payload = stream_frame_begin(most);
    if (!payload) return false;
    ssize_t n = recv(c->fd, payload, most, 0);
    if (n < 0 && errno == EINTR) return true;
    if (n < 0 && errno == EAGAIN) {
        c->readable = false;
        return false;
    }
    if (n < 0) {
        end(c, errno);
        return true;
    }
    stream_frame_finish(HSR_MSG_CHANNEL_DATA, n == 0 ? HSR_FLAG_END : 0, c->id, (size_t)n);
    c->received += (uint64_t)n;
    c->read_ended = n == 0;
    if (c->read_ended && c->write_ended) end(c, c->write_error);
    return true;
}

bool connections_tell(void) {
    static size_t next; /* whose turn it is where the stream takes no more */
    bool told = false;
    for (size_t i = 0; i < HSR_CONNECTIONS_MAX && stream_waiting() < 4 * STREAM_BUSY_BYTES; i++) {
        next = (next + 1) % HSR_CONNECTIONS_MAX;
        if (table[next] && tell(table[next])) told = true;
    }
    return told;
}
