// A quota bounds what a sandbox takes in a tenth of a second, not on how many processors at once: with many
// threads it uses its quota up on all of them in the first part of it, and whoever shares one is slowed down
// meanwhile. So a sandbox that reaches its quota is made lighter. It gets its quota as before where nobody
// else wants the processor; one that is not stopped by its quota for a while grows heavier again.
#include "worker.h"

#include "io.h"

enum { LOOK_FIRST_MS = 10, LOOK_MS = 25, LOOK_RARELY_MS = 400, CALM_MS = 250, LIGHTER = 16, HEAVIER = 4 };

static const uint64_t MS = 1000000;

static void weigh(struct worker *w, struct sandbox *s, unsigned weight) {
    if (weight < WEIGHT_LEAST) weight = WEIGHT_LEAST;
    if (weight > WEIGHT_USUAL) weight = WEIGHT_USUAL;
    if (weight != s->weight && leaf_weigh(w->cgroups, s->leaf, weight)) s->weight = weight;
}

static void look(struct worker *w, struct sandbox *s, uint64_t now) {
    struct pace pace;
    leaf_pace(w->cgroups, s->leaf, &pace);
    s->look_ns = UINT64_MAX;
    if (pace.cpu_us == UINT64_MAX || pace.throttled == UINT64_MAX) return;
    uint64_t quota_us = (now - s->looked_ns) / 1000 * s->limits.cpu_millis / 1000;
    uint64_t used_us = pace.cpu_us - s->pace.cpu_us;
    // At the first look there is nothing yet to compare with: what was used until then is its making.
    bool fast = s->looked_ns && used_us > quota_us + quota_us / 8;
    if (fast || pace.throttled > s->pace.throttled) {
        s->hurried_ns = now;
        weigh(w, s, s->weight / LIGHTER);
    } else if (now - s->hurried_ns > CALM_MS * MS) {
        weigh(w, s, s->weight * HEAVIER);
    }
    // One that mostly sleeps is looked at more and more rarely.
    bool busy = !s->looked_ns || used_us > quota_us / 4 || s->weight < WEIGHT_USUAL;
    s->look_wait_ms = busy                                   ? LOOK_MS
                      : s->look_wait_ms * 2 < LOOK_RARELY_MS ? s->look_wait_ms * 2
                                                             : LOOK_RARELY_MS;
    s->look_ns = now + s->look_wait_ms * MS;
    s->looked_ns = now;
    s->pace = pace;
}

void weight_begin(struct sandbox *s) {
    s->weight = WEIGHT_USUAL;
    s->look_wait_ms = LOOK_MS;
    s->look_ns = now_ns() + LOOK_FIRST_MS * MS;
}

uint64_t weights_due(struct worker *w, uint64_t now) {
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        struct sandbox *s = w->sandboxes[i];
        if (s->state != SANDBOX_LIVE) continue;
        if (s->look_ns <= now) look(w, s, now);
        if (s->look_ns < next) next = s->look_ns;
    }
    return next;
}
