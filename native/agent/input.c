/* Standard input: bytes at absolute offsets from the gateway, a small ring, and a pipe that never makes the
 * agent wait. */
#include "agent.h"
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

/* Offset up to which the gateway may send, and whether anybody still reads. */
void input_tell(struct execution *e) {
    if (!e->followed) return;
    uint8_t body[9];
    struct pen p = pen_on(body, sizeof body);
    pen_u64(&p, e->input.start + HSR_STDIN_MAX);
    pen_u8(&p, e->input_fd < 0);
    e->input_written = e->input.start;
    stream_frame(HSR_MSG_STDIN_WINDOW, 0, e->id, body, sizeof body);
}

/* Nobody reads any more: what waits is gone, and the gateway hears of it if it was not the one who ended it.
 */
void input_close(struct execution *e) {
    if (e->input_fd < 0) return;
    close(e->input_fd);
    e->input_fd = -1;
    ring_discard(&e->input);
    if (!e->input_ends) input_tell(e);
    e->input_ends = true;
}

/* A terminal has no end of file of its own: its line discipline makes one of this byte. */
static void end_input(struct execution *e) {
    static const uint8_t end_of_transmission = 4;
    if (e->terminal && write(e->input_fd, &end_of_transmission, 1) != 1) return;
    input_close(e);
}

void input_write(struct execution *e) {
    while (e->input_fd >= 0 && e->input.start < e->input.end) {
        struct iovec part[2];
        int parts = ring_kept_part(&e->input, e->input.start, HSR_STDIN_MAX, part);
        ssize_t n = writev(e->input_fd, part, parts);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) {
            input_close(e);
            return;
        }
        ring_release(&e->input, e->input.start + (uint64_t)n);
    }
    if (e->input_fd >= 0 && e->input_ends && e->input.start == e->input.end)
        end_input(e);
    else if (e->input.start - e->input_written >= HSR_STDIN_MAX / 4)
        input_tell(e);
}

void execution_stdin(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t offset = cursor_u64(&c);
    struct execution *e = execution_find(m->id);
    if (c.bad) {
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "an offset and bytes");
        return;
    }
    if (!e || e->input_fd < 0 || e->input_ends) return; /* its end was told, or is on its way */
    size_t length = cursor_left(&c);
    /* What came before is skipped, so a repeat is harmless; a gap or more than was offered is an error. */
    uint64_t known = e->input.end;
    if (offset > known || offset + length > e->input.start + HSR_STDIN_MAX) {
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "beyond the window");
        return;
    }
    if (offset + length > known) {
        uint32_t fresh = (uint32_t)(offset + length - known);
        if (ring_put(&e->input, c.end - fresh, fresh) != fresh) {
            input_close(e);
            return;
        }
    }
    if (m->flags & HSR_FLAG_END) e->input_ends = true;
    input_write(e);
}
