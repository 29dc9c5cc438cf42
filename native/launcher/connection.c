// Connections: who may speak, whole messages in, whole messages out, bounds on everything.
#include "worker.h"

#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void connection_ready(struct worker *w, struct source *source, uint32_t events);

static bool may_speak(const struct worker *w, int fd) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == w->config->allow_uid || peer.uid == geteuid();
}

void connection_accept(struct worker *w, struct source *source, uint32_t events) {
    // Kept for the moment in which there is no other: a connection that cannot be taken would wake us for
    // ever.
    static int spare = -1;
    if (spare < 0) spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE) && spare >= 0) {
        close(spare);
        fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) close(fd);
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return;
    }
    if (fd < 0) return;
    struct connection *c = NULL;
    if (may_speak(w, fd) && w->connection_count < CONNECTIONS_MAX) c = calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return;
    }
    c->socket = (struct source){.fd = fd, .ready = connection_ready};
    c->deadline_ns = now_ns() + (uint64_t)REQUEST_TIMEOUT_MS * 1000000;
    if (!watch(w, &c->socket, EPOLLIN)) {
        close(fd);
        free(c);
        return;
    }
    w->connections[w->connection_count++] = c;
}

void connection_close(struct worker *w, struct connection *c) {
    if (c->socket.fd < 0) return;
    unwatch(w, &c->socket);
    close(c->socket.fd);
    c->socket.fd = -1;
    free(c->body);
    free(c->outbox);
    c->body = c->outbox = NULL;
    for (unsigned i = 0; i < w->connection_count; i++)
        if (w->connections[i] == c) w->connections[i] = w->connections[--w->connection_count];
    for (unsigned i = 0; i < w->sandbox_count; i++)
        for (unsigned k = 0; k < w->sandboxes[i]->waiter_count; k++)
            if (w->sandboxes[i]->waiters[k].connection == c) w->sandboxes[i]->waiters[k].connection = NULL;
    jobs_forget_connection(w, c);
    bury(w, c);
}

// Reads exactly what the message in progress still lacks, never a byte of what follows: on a launch
// connection that already belongs to the agent. True if a whole message is there.
static bool read_message(struct worker *w, struct connection *c) {
    for (;;) {
        size_t body = c->have >= WIRE_HEADER_BYTES ? wire_u32(c->header) : 0;
        if (c->have >= WIRE_HEADER_BYTES && body > WIRE_REQUEST_MAX_BYTES) {
            answer_error(w, c, wire_u32(c->header + 8), "malformed", "the message is too long", NULL);
            connection_close(w, c);
            return false;
        }
        if (c->have >= WIRE_HEADER_BYTES && !c->body && !(c->body = malloc(body + 1))) {
            connection_close(w, c);
            return false;
        }
        bool header = c->have < WIRE_HEADER_BYTES;
        size_t lacking = header ? WIRE_HEADER_BYTES - c->have : WIRE_HEADER_BYTES + body - c->have;
        if (lacking == 0) return true;
        uint8_t *to = header ? c->header + c->have : c->body + (c->have - WIRE_HEADER_BYTES);
        // Without room for control data the kernel closes every descriptor that a client sends along.
        ssize_t got = recv(c->socket.fd, to, lacking, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        if (got <= 0) {
            connection_close(w, c);
            return false;
        }
        c->have += (size_t)got;
    }
}

static void flush(struct worker *w, struct connection *c) {
    ssize_t sent = send(c->socket.fd, c->outbox, c->outbox_size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        connection_close(w, c);
        return;
    }
    if (sent > 0) {
        c->outbox_size -= (size_t)sent;
        memmove(c->outbox, c->outbox + sent, c->outbox_size);
    }
    struct epoll_event event = {.events = EPOLLIN | (c->outbox_size ? EPOLLOUT : 0), .data.ptr = &c->socket};
    epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->socket.fd, &event);
}

void connection_send(struct worker *w, struct connection *c, const uint8_t *bytes, size_t size) {
    if (c->socket.fd < 0 || size == 0) return;
    if (c->outbox_size == 0) {
        ssize_t sent = send(c->socket.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent == (ssize_t)size) return;
        if (sent < 0 && errno != EAGAIN) {
            connection_close(w, c);
            return;
        }
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
    if (!c->outbox) c->outbox = malloc(OUTBOX_MAX_BYTES);
    // Who does not read what it asked for is let go; a new connection hears what it needs by asking again.
    if (!c->outbox || size > OUTBOX_MAX_BYTES - c->outbox_size) {
        connection_close(w, c);
        return;
    }
    memcpy(c->outbox + c->outbox_size, bytes, size);
    c->outbox_size += size;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = &c->socket};
    epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->socket.fd, &event);
}

bool owner_sees(const char *gateway, const char *owner) {
    return !gateway[0] || !owner[0] || strcmp(gateway, owner) == 0;
}

static bool owns(const struct connection *c, const char *owner) {
    return !owner[0] || strcmp(c->owner, owner) == 0;
}

bool gateway_connected(const struct worker *w, const char *owner) {
    for (unsigned i = 0; i < w->connection_count; i++)
        if (w->connections[i]->state == CONNECTION_CONTROL && owns(w->connections[i], owner)) return true;
    return false;
}

bool broadcast(struct worker *w, const char *owner, const uint8_t *bytes, size_t size) {
    bool heard = false;
    for (unsigned i = w->connection_count; i-- > 0;) {
        struct connection *c = w->connections[i];
        if (c->state != CONNECTION_CONTROL || !owner_sees(c->owner, owner)) continue;
        if (owns(c, owner)) heard = true;
        connection_send(w, c, bytes, size);
    }
    return heard;
}

static void connection_ready(struct worker *w, struct source *source, uint32_t events) {
    struct connection *c = (struct connection *)source;
    if (c->socket.fd < 0) return;
    if (events & EPOLLOUT && c->outbox_size) flush(w, c);
    if (c->socket.fd < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    // A bounded number of messages per round, so that one busy gateway connection does not starve the others.
    for (int round = 0; round < 16; round++) {
        if (!read_message(w, c)) return;
        struct request request;
        const char *why = NULL;
        uint8_t *body = c->body;
        size_t size = c->have - WIRE_HEADER_BYTES;
        c->body = NULL;
        c->have = 0;
        if (!request_parse(c->header, body, size, &request, &why)) {
            answer_error(w, c, wire_u32(c->header + 8), "malformed", why, NULL);
            connection_close(w, c);
        } else if (c->state == CONNECTION_NEW) {
            answer_first(w, c, &request);
        } else {
            answer_control(w, c, &request);
        }
        free(body);
        if (c->socket.fd < 0 || c->state != CONNECTION_CONTROL) return;
    }
}

uint64_t connections_due(struct worker *w, uint64_t now) {
    uint64_t next = UINT64_MAX;
    for (unsigned i = w->connection_count; i-- > 0;) {
        struct connection *c = w->connections[i];
        if (c->state == CONNECTION_CONTROL) continue;
        if (c->deadline_ns <= now)
            connection_close(w, c);
        else if (c->deadline_ns < next)
            next = c->deadline_ns;
    }
    return next;
}
