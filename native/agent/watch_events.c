/* The events of a watch: gathered for a moment, so that a burst of changes becomes few of them, and then kept
 * under their numbers, the oldest making way for new ones. */
#include "watch.h"
#include <stdlib.h>

#define GATHER_MS 30
/* How far a new event looks back for one that says the same. */
#define LOOK_BACK 64

static size_t size_of(const struct watch_event *e) {
    return e ? sizeof *e + e->path_length + e->to_length : 0;
}

static struct watch_event **at(struct watch *w, uint64_t sequence) {
    return &w->events[sequence % HSR_WATCH_EVENTS_MAX];
}

static bool is_about(const struct watch_event *e, const char *path, size_t length) {
    const char *last = e->to_length ? e->bytes + e->path_length : e->bytes;
    size_t last_length = e->to_length ? e->to_length : e->path_length;
    return last_length == length && memcmp(last, path, length) == 0;
}

/* The last thing that was said of this path says it already. */
static bool is_told(struct watch *w, uint8_t kind, const char *path, size_t length) {
    for (uint64_t i = w->next, looked = 0; i > w->settled && looked < LOOK_BACK; looked++) {
        const struct watch_event *e = *at(w, --i);
        if (!e || !is_about(e, path, length)) continue;
        return e->kind == kind || (kind == HSR_CHANGE_MODIFIED && e->kind == HSR_CHANGE_CREATED);
    }
    return false;
}

static void drop_oldest(struct watch *w) {
    struct watch_event **oldest = at(w, w->first++);
    w->bytes -= (uint32_t)size_of(*oldest);
    free(*oldest);
    *oldest = NULL;
    if (w->settled < w->first) w->settled = w->first;
}

static void push(struct watch *w, struct watch_event *e) {
    if (e) w->bytes += (uint32_t)size_of(e);
    if (w->next - w->first == HSR_WATCH_EVENTS_MAX) drop_oldest(w);
    *at(w, w->next++) = e;
    while (w->bytes > WATCH_BYTES_MAX && w->next - w->first > 1)
        drop_oldest(w);
    if (!w->settle_at_ms) w->settle_at_ms = now_ms() + GATHER_MS;
}

static struct watch_event *make(const char *path, size_t length, const char *to, size_t to_length) {
    struct watch_event *e = malloc(sizeof *e + length + to_length);
    if (!e) return NULL;
    *e = (struct watch_event){.path_length = (uint16_t)length, .to_length = (uint16_t)to_length};
    if (length) memcpy(e->bytes, path, length);
    if (to_length) memcpy(e->bytes + length, to, to_length);
    return e;
}

void watch_add(struct watch *w, uint8_t kind, bool folder, uint32_t cookie, const char *path, size_t length) {
    if (is_told(w, kind, path, length)) return;
    struct watch_event *e = make(path, length, NULL, 0);
    if (e) {
        e->kind = kind;
        e->folder = folder;
        e->cookie = cookie;
    }
    push(w, e);
}

bool watch_pair_move(struct watch *w, uint32_t cookie, const char *to, size_t length) {
    for (uint64_t i = w->next; i > w->settled;) {
        struct watch_event *from = *at(w, --i);
        if (!from || !from->cookie || from->cookie != cookie) continue;
        struct watch_event *e = make(from->bytes, from->path_length, to, length);
        if (!e) return false;
        e->kind = HSR_CHANGE_MOVED;
        e->folder = from->folder;
        w->bytes += (uint32_t)(size_of(e) - size_of(from));
        free(from);
        *at(w, i) = e;
        return true;
    }
    return false;
}

void watch_settle(struct watch *w) {
    w->settled = w->next;
    w->settle_at_ms = 0;
}

void watch_free_events(struct watch *w) {
    while (w->first < w->next)
        drop_oldest(w);
}
