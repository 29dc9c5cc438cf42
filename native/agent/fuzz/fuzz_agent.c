/* The agent's whole handling of its stream under libFuzzer: an input is what comes over the stream, and
 * requests are really parsed and carried out. Only the rim is replaced (fuzz_rim.c): nothing is forked and no
 * clock is set. The test runs this in a jail whose only writable folder is a small tmpfs. */
#include "../agent.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

#define GUEST_PORT 4242

static int gateway = -1;
static int listener = -1;

/* The server of the guest that CONNECT reaches. Without it nothing of a connection would be looked at. */
static void listen_as_guest(void) {
    const struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons(GUEST_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (const struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 64) != 0)
        abort();
}

/* Takes one connection in turn, says something, reads something or not, and leaves in one way or another. */
static void serve(void) {
    static unsigned served;
    static uint8_t bytes[50000];
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    unsigned how = served++;
    if (send(fd, bytes, how % 3 ? 100 : sizeof bytes, MSG_NOSIGNAL) < 0 || (how & 4)) {
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    if ((how & 1) && recv(fd, bytes, sizeof bytes, 0) < 0) how++;
    close(fd);
}

static void attach(void) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) abort();
    session_stream_gone();
    stream_replace(pair[0]);
    if (gateway >= 0) close(gateway);
    gateway = pair[1];
}

static void take_answers(void) {
    static uint8_t bytes[1 << 16];
    while (read(gateway, bytes, sizeof bytes) > 0)
        continue;
}

static void turn(void) {
    bool left;
    int rounds = 0;
    do {
        left = session_work();
        for (int told = 0; told < 8 && session_open(); told++) {
            bool more = executions_tell();
            more = connections_tell() || more;
            more = readings_tell() || more;
            if (!(watches_tell() || more)) break;
        }
        if (stream_fd() >= 0) stream_flush();
        take_answers();
        serve();
    } while (left && rounds++ < 64);
    session_release();
    struct pollfd fds[HSR_EXECUTIONS_MAX * 4 + HSR_CONNECTIONS_MAX + HSR_WATCHES_MAX];
    int timeout = -1;
    size_t count = executions_poll(fds, HSR_EXECUTIONS_MAX * 4, now_ms(), &timeout);
    size_t more = connections_poll(fds + count, HSR_CONNECTIONS_MAX, now_ms(), &timeout);
    size_t watches = watches_poll(fds + count + more, HSR_WATCHES_MAX, now_ms(), &timeout);
    if (count + more + watches == 0 || poll(fds, count + more + watches, 0) <= 0) return;
    executions_ready(fds, count, now_ms());
    connections_ready(fds + count, more, now_ms());
    /* As if time passed: what was gathered is told. */
    watches_ready(fds + count + more, watches, now_ms() + 1000);
}

/* What a child's end looks like from the loop. */
static void end_one(uint8_t choice) {
    struct execution *e = execution_next(NULL);
    for (unsigned i = 0; e && i < choice % 4; i++)
        e = execution_next(e) ? execution_next(e) : e;
    if (!e || e->state > EXECUTION_RUNNING) return;
    if (e->state == EXECUTION_STARTING) {
        uint32_t id = e->id;
        execution_settle_report(e);
        e = execution_find(id);
    }
    struct rusage none = {0};
    if (e && e->state == EXECUTION_RUNNING) execution_reaped(e, choice, &none);
}

/* The first byte says in which pieces the rest arrives and where children end or the stream is replaced. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned runs;
    if (size < 1) return 0;
    if (listener < 0) listen_as_guest();
    /* A request may have taken its own folder's permissions away. */
    static const char clean[] =
        "find /tmp/f -type d -exec chmod 700 {} \\; 2>/dev/null; rm -rf /tmp/f && mkdir -p /tmp/f";
    if (runs++ % 512 == 0 && system(clean) != 0) abort();
    uint8_t how = data[0];
    size_t piece = how & 1 ? 1 + (how >> 3) : 4096;
    attach();
    for (size_t at = 1, count = 0; at < size; count++) {
        size_t length = size - at < piece ? size - at : piece;
        if (stream_fd() < 0) attach();
        session_input(data + at, length);
        turn();
        at += length;
        if ((how & 2) && count % 8 == 7) end_one(data[at - 1]);
        if ((how & 4) && count % 32 == 31) attach();
    }
    for (uint8_t i = 0; i < 4; i++)
        end_one(i);
    turn();
    for (struct execution *e; (e = execution_next(NULL));)
        execution_free(e);
    for (uint32_t id = 0; id < 64; id++) { /* a watch outlives its stream, but not the input that began it */
        uint8_t body[4] = {(uint8_t)id};
        const struct message unwatch = {.type = HSR_MSG_UNWATCH, .payload = body, .length = sizeof body};
        watch_end(&unwatch);
    }
    session_stream_gone();
    stream_replace(-1);
    close(gateway);
    gateway = -1;
    return 0;
}

/* Frames that do not carry the tag of their epoch, their length or their trailer are refused at once; so most
 * mutations keep these right and change what is inside. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    if (seed % 4 == 0 || size < 1 + HSR_OPEN_BYTES + HSR_HEADER_BYTES)
        return LLVMFuzzerMutate(data, size, room);
    uint8_t *opening = memmem(data + 1, size - 1, HSR_OPEN_MAGIC, HSR_MAGIC_BYTES);
    if (!opening || (size_t)(data + size - opening) < HSR_OPEN_BYTES + HSR_HEADER_BYTES)
        return LLVMFuzzerMutate(data, size, room);
    uint8_t *first = opening + HSR_OPEN_BYTES, *frames[256];
    size_t count = 0;
    for (uint8_t *at = first; count < 256 && (size_t)(data + size - at) > HSR_HEADER_BYTES;) {
        uint32_t length = (uint32_t)at[12] | (uint32_t)at[13] << 8 | (uint32_t)at[14] << 16;
        if ((size_t)(data + size - at) < HSR_HEADER_BYTES + (size_t)length + 1) break;
        frames[count++] = at;
        at += HSR_HEADER_BYTES + length + 1;
    }
    if (!count) return LLVMFuzzerMutate(data, size, room);
    uint8_t *frame = frames[(seed >> 8) % count];
    uint32_t length = (uint32_t)frame[12] | (uint32_t)frame[13] << 8 | (uint32_t)frame[14] << 16;
    uint8_t *after = frame + HSR_HEADER_BYTES + length + 1;
    size_t tail = (size_t)(data + size - after);
    if ((seed >> 4) % 8 == 0)
        frame[1] = (uint8_t)((seed >> 16) % 32); /* another type with the same payload */
    if ((seed >> 4) % 8 == 1) frame[2] ^= (uint8_t)(1u << ((seed >> 16) % 4));
    if ((seed >> 4) % 8 == 2 && size + HSR_HEADER_BYTES + length + 1 <= room) { /* the same once more */
        size_t whole = HSR_HEADER_BYTES + length + 1;
        memmove(after + whole, after, tail);
        memcpy(after, frame, whole);
        return size + whole;
    }
    size_t most = room - (size - length) < HSR_PAYLOAD_MAX ? room - (size - length) : HSR_PAYLOAD_MAX;
    uint8_t *payload = malloc(most + 1);
    if (!payload || !most) {
        free(payload);
        return size;
    }
    size_t now = length < most ? length : most;
    memcpy(payload, frame + HSR_HEADER_BYTES, now);
    now = LLVMFuzzerMutate(payload, now, most);
    memmove(frame + HSR_HEADER_BYTES + now + 1, after, tail);
    memcpy(frame + HSR_HEADER_BYTES, payload, now);
    frame[HSR_HEADER_BYTES + now] = 0;
    frame[12] = (uint8_t)now, frame[13] = (uint8_t)(now >> 8), frame[14] = (uint8_t)(now >> 16),
    frame[15] = 0;
    memcpy(frame + 8, opening + HSR_MAGIC_BYTES, 4);
    free(payload);
    return size - length + now;
}
