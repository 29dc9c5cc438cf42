/* Watches: what the gateway asks of them, and what it is told. They outlive epochs, as executions do. */
#include "watch.h"
#include <errno.h>
#include <stdlib.h>

#define FRAME_BYTES 32768u

static struct watch *table[HSR_WATCHES_MAX];

static struct watch *find(uint32_t id) {
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++) {
        if (table[i] && table[i]->id == id) return table[i];
    }
    return NULL;
}

static void drop(struct watch *w) {
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++) {
        if (table[i] == w) table[i] = NULL;
    }
    tree_end(w);
    watch_free_events(w);
    free(w->path);
    free(w);
}

static void tell_watching(uint32_t id, int error, const struct watch *w) {
    uint8_t body[20];
    struct pen p = pen_on(body, sizeof body);
    pen_u32(&p, (uint32_t)error);
    pen_u64(&p, w ? w->first : 0);
    pen_u64(&p, w ? w->next : 0);
    stream_frame(HSR_MSG_WATCHING, 0, id, body, sizeof body);
}

static void follow(struct watch *w, uint64_t from, uint64_t credit) {
    w->followed = true;
    w->sent = from < w->next ? from : w->next;
    w->credit = credit;
    w->jump_told = UINT64_MAX;
    tell_watching(w->id, 0, w);
}

/* 0 or an errno. */
static int begin(uint32_t id, const char *path, uint16_t depth) {
    size_t free_at = 0;
    while (free_at < HSR_WATCHES_MAX && table[free_at])
        free_at++;
    if (free_at == HSR_WATCHES_MAX) return EAGAIN;
    struct watch *w = calloc(1, sizeof *w);
    if (!w) return ENOMEM;
    w->id = id;
    w->inotify = -1;
    w->depth = depth;
    w->path = strdup(path);
    table[free_at] = w;
    identity_enter_guest_files();
    int error = w->path ? tree_begin(w) : ENOMEM;
    identity_leave_guest_files();
    if (error) drop(w);
    return error;
}

void watch_begin(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint16_t depth = cursor_u16(&c);
    uint64_t credit = cursor_u64(&c);
    char path[HSR_PATH_BYTES];
    int error = take_path(&c, path);
    if (!error && (!cursor_done(&c) || depth == 0 || depth > HSR_LIST_DEPTH_MAX)) error = EINVAL;
    if (!error && strlen(path) >= HSR_WATCH_PATH_BYTES) error = ENAMETOOLONG;
    struct watch *w = error ? NULL : find(m->id);
    if (!error && !w) error = session_quiesced() ? EBUSY : begin(m->id, path, depth);
    if (error)
        tell_watching(m->id, error, NULL);
    else
        follow(find(m->id), 0, credit); /* a repeat follows from the beginning, as the first time */
}

void watch_follow(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t from = cursor_u64(&c), credit = cursor_u64(&c);
    struct watch *w = find(m->id);
    if (!cursor_done(&c))
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "two sequence numbers");
    else if (!w)
        tell_watching(m->id, ESRCH, NULL);
    else
        follow(w, from, credit);
}

void watch_credit(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    uint64_t credit = cursor_u64(&c);
    struct watch *w = find(m->id);
    if (!cursor_done(&c))
        complain(m->id, m->type, HSR_ERROR_MALFORMED, "one sequence number");
    else if (w && w->followed && credit > w->credit)
        w->credit = credit;
}

void watch_end(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    struct watch *w = find(cursor_u32(&c));
    int error = cursor_done(&c) ? 0 : EINVAL;
    /* Asked for again it is gone already, which is what was wanted. */
    if (!error && w) drop(w);
    answer(m->id, error, NULL, 0);
}

void watches_list(struct pen *p) {
    uint32_t count = 0;
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++)
        count += table[i] != NULL;
    pen_u32(p, count);
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++) {
        const struct watch *w = table[i];
        if (!w) continue;
        pen_u32(p, w->id);
        pen_u8(p, w->inotify < 0);
        pen_u16(p, w->depth);
        pen_u64(p, w->first);
        pen_u64(p, w->next);
        pen_u16(p, (uint16_t)strlen(w->path));
        pen_bytes(p, w->path, strlen(w->path));
    }
}

void watches_new_epoch(void) {
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++) {
        if (table[i]) table[i]->followed = false;
    }
}

size_t watches_poll(struct pollfd *fds, size_t room, int64_t now, int *timeout_ms) {
    size_t count = 0;
    for (size_t i = 0; i < HSR_WATCHES_MAX && count < room; i++) {
        struct watch *w = table[i];
        if (!w) continue;
        if (w->inotify >= 0) fds[count++] = (struct pollfd){.fd = w->inotify, .events = POLLIN};
        if (!w->settle_at_ms) continue;
        int64_t left = w->settle_at_ms > now ? w->settle_at_ms - now : 0;
        if (*timeout_ms < 0 || left < *timeout_ms) *timeout_ms = (int)left;
    }
    return count;
}

void watches_ready(const struct pollfd *fds, size_t count, int64_t now) {
    size_t at = 0; /* the order is that of watches_poll */
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++) {
        struct watch *w = table[i];
        if (!w) continue;
        if (at < count && w->inotify >= 0 && fds[at].fd == w->inotify && fds[at++].revents) tree_read(w);
        if (!w->settle_at_ms || now < w->settle_at_ms) continue;
        watch_settle(w);
        tree_settle(w);
    }
}

static void put_event(struct pen *p, const struct watch_event *e) {
    static const struct watch_event lost = {.kind = HSR_CHANGE_OVERFLOW, .folder = true};
    if (!e) e = &lost;
    pen_u8(p, e->kind);
    pen_u8(p, e->folder);
    pen_u16(p, e->path_length);
    pen_bytes(p, e->bytes, e->path_length);
    pen_u16(p, e->to_length);
    pen_bytes(p, e->bytes + e->path_length, e->to_length);
}

/* True if events were framed. */
static bool tell(struct watch *w) {
    if (!w->followed) return false;
    if (w->sent < w->first) w->sent = w->first;
    uint64_t until = w->settled < w->credit ? w->settled : w->credit;
    /* What was dropped may reach beyond the credit: without a word of it the gateway would never give more.
     */
    bool jump = w->sent > w->credit && w->sent != w->jump_told;
    if (w->sent >= until && !jump) return false;
    uint8_t *payload = stream_frame_begin(FRAME_BYTES);
    if (!payload) return false;
    struct pen p = pen_on(payload, FRAME_BYTES);
    uint16_t count = 0;
    pen_u64(&p, w->sent);
    pen_u16(&p, 0);
    while (w->sent < until) {
        struct pen before = p;
        put_event(&p, w->events[w->sent % HSR_WATCH_EVENTS_MAX]);
        if (p.bad) {
            p = before;
            break;
        }
        w->sent++;
        count++;
    }
    struct pen head = pen_on(payload + 8, 2);
    pen_u16(&head, count);
    if (jump) w->jump_told = w->sent;
    stream_frame_finish(HSR_MSG_WATCH_EVENTS, 0, w->id, (size_t)(p.at - payload));
    return true;
}

bool watches_tell(void) {
    bool told = false;
    for (size_t i = 0; i < HSR_WATCHES_MAX; i++) {
        if (table[i] && tell(table[i])) told = true;
    }
    return told;
}
