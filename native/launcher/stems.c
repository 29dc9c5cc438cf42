// Making stems ahead of launches: the worker's side of stem.c.
#include "stem.h"
#include "worker.h"

#include "../common/walls.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { REFILL_MS = 3, REFILL_FAILED_MS = 1000, STEMS_MAX = 32 };

// SO_PASSRIGHTS, which the C library's headers do not have yet.
enum { PASS_RIGHTS = 83 };

static bool write_map(pid_t pid, const char *file, uint64_t inside, uint64_t outside, uint64_t count) {
    char path[64];
    char text[96];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    snprintf(text, sizeof text, "%llu %llu %llu", (unsigned long long)inside, (unsigned long long)outside,
             (unsigned long long)count);
    int error = write_at(AT_FDCWD, path, text);
    errno = error;
    return error == 0;
}

// Sandboxes go before anything else of the host when its memory runs out. Written from here, since a writer
// with the right to lower scores also sets how far the process itself may lower it again: not at all.
static void set_oom_score(const struct sandbox *s) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", s->monitor);
    write_at(AT_FDCWD, path, "500");
}

static bool map_ids(const struct worker *w, const struct sandbox *s) {
    if (s->range >= 0) {
        uint64_t first = wall_stands(WALL_ID_RANGE) ? ids_first(&w->ids, s->range) : 0;
        return write_map(s->monitor, "uid_map", 0, first, RANGE_IDS) &&
               write_map(s->monitor, "gid_map", 0, first, RANGE_IDS);
    }
    // One id may be mapped without any right, to itself, if setgroups is given up first.
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/setgroups", s->monitor);
    int error = write_at(AT_FDCWD, path, "deny");
    errno = error;
    return error == 0 && write_map(s->monitor, "uid_map", geteuid(), geteuid(), 1) &&
           write_map(s->monitor, "gid_map", getegid(), getegid(), 1);
}

static bool make_channels(struct sandbox *s, int *control, int *errors) {
    int pair[2];
    int pipe_ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return false;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
        close(pair[0]);
        close(pair[1]);
        return false;
    }
    int on = 1;
    setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    // No descriptor comes from inside: its last close, which can be made to wait, would be ours. Kernels
    // before 6.16 do not know this; there the system-call filter refuses what makes a close wait.
    const int off = 0;
    setsockopt(pair[0], SOL_SOCKET, PASS_RIGHTS, &off, sizeof off);
    fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
    s->control = (struct source){.fd = pair[0], .ready = sandbox_control_ready};
    s->errors = pipe_ends[0];
    *control = pair[1];
    *errors = pipe_ends[1];
    return true;
}

// What the users of a namespace hold of some things of the kernel (inotify instances, waiting signals) is
// also billed to the id that made it, up to that id's own limit. So that is an id of the sandbox's range and
// not root: a guest could use up what the host's own services need, and every other sandbox.
static pid_t clone_stem(const struct worker *w, const struct sandbox *s) {
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    bool lent = s->range >= 0 && wall_stands(WALL_ID_RANGE);
    if (lent && seteuid((uid_t)ids_first(&w->ids, s->range)) != 0) return -1;
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) return 0;
    int error = errno;
    // Without its own id back this process is of no use; the guardian starts another.
    if (lent && seteuid(0) != 0) abort();
    errno = error;
    return pid;
}

// A stem between its two halves: its leaf and channels are there, its process is not.
struct unborn {
    struct sandbox *sandbox;
    int control, errors; // the stem's ends
};

static bool stem_prepare(struct worker *w, struct unborn *u) {
    *u = (struct unborn){.control = -1, .errors = -1};
    errno = EAGAIN;
    if (w->sandbox_count == SANDBOXES_MAX) return false;
    struct sandbox *s = calloc(1, sizeof *s);
    if (!s) return false;
    *s = (struct sandbox){.errors = -1, .range = -1, .control = {.fd = -1}, .deadline_ns = UINT64_MAX};
    snprintf(s->leaf, sizeof s->leaf, "s%llu", (unsigned long long)++w->leaf_count);
    if (w->config->root && (s->range = ids_take(&w->ids)) < 0) {
        free(s);
        errno = EAGAIN;
        return false;
    }
    w->sandboxes[w->sandbox_count++] = s;
    int error = leaf_make(w->cgroups, s->leaf);
    if (error || !make_channels(s, &u->control, &u->errors) || !watch(w, &s->control, EPOLLIN)) {
        if (!error) error = errno;
        if (u->control >= 0) close(u->control);
        if (u->errors >= 0) close(u->errors);
        leaf_remove(w->cgroups, s->leaf);
        sandbox_forget(w, s);
        errno = error;
        return false;
    }
    u->sandbox = s;
    return true;
}

static struct sandbox *stem_fork(struct worker *w, struct unborn *u) {
    struct sandbox *s = u->sandbox;
    struct stem_start start = {
        .config = w->config, .stage = &w->stage, .control = u->control, .errors = u->errors};
    // Opened here, since the stem has not the right to.
    start.proc_count = leaf_open_procs(w->cgroups, s->leaf, start.procs);
    s->monitor = start.proc_count < 0 ? -1 : clone_stem(w, s);
    if (s->monitor == 0) stem_main(&start);
    int error = errno;
    for (int i = 0; i < start.proc_count; i++)
        close(start.procs[i]);
    close(u->control);
    close(u->errors);
    if (s->monitor < 0) {
        s->monitor = 0;
        leaf_remove(w->cgroups, s->leaf);
        sandbox_forget(w, s);
        errno = error;
        return NULL;
    }
    set_oom_score(s);
    const uint8_t mapped = STEM_MAPPED;
    if (!map_ids(w, s) || send(s->control.fd, &mapped, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) {
        snprintf(s->detail, sizeof s->detail, "mapping ids: %s", strerror(errno));
        sandbox_kill(w, s, "setup_failed");
        return NULL;
    }
    return s;
}

static struct sandbox *stem_new(struct worker *w) {
    struct unborn one;
    return stem_prepare(w, &one) ? stem_fork(w, &one) : NULL;
}

static struct sandbox *waiting_stem(const struct worker *w, unsigned *count, bool *under_way) {
    struct sandbox *found = NULL;
    *count = 0;
    *under_way = false;
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        struct sandbox *s = w->sandboxes[i];
        if (s->state != SANDBOX_STEM) continue;
        ++*count;
        if (!s->ready) *under_way = true;
        // One that has reported is preferred; one under way still saves its fork.
        if (!found || (s->ready && !found->ready)) found = s;
    }
    return found;
}

struct sandbox *sandbox_take_stem(struct worker *w) {
    unsigned count;
    bool under_way;
    struct sandbox *s = waiting_stem(w, &count, &under_way);
    // Forking ahead waits a moment, since a launch under way needs the processor more, but not for the end of
    // a burst: what a burst uses up is made in the middle of it, many at a time.
    if (w->refill_ns == UINT64_MAX) w->refill_ns = now_ns() + REFILL_MS * UINT64_C(1000000);
    return s ? s : stem_new(w);
}

void stems_refill(struct worker *w) {
    unsigned count;
    bool under_way;
    waiting_stem(w, &count, &under_way);
    w->refill_ns = UINT64_MAX;
    // A batch at a time. Joining a leaf waits for the kernel, up to 20 ms after a quiet spell, and whoever
    // joins meanwhile shares that wait: one at a time, stems would come no faster than those waits. Making a
    // leaf waits for a stem that joins one, so all leaves are made first, and nothing is made while a stem is
    // under way; its report calls again.
    if (w->stopping || under_way || count >= w->stems_wanted) return;
    struct unborn batch[STEMS_MAX];
    unsigned made = 0;
    unsigned wanted = w->stems_wanted - count;
    // Where stems fail, one is tried.
    if (w->stem_failures > 0) wanted = 1;
    while (made < wanted && made < STEMS_MAX && stem_prepare(w, &batch[made]))
        made++;
    bool good = made > 0;
    for (unsigned i = 0; i < made; i++)
        if (!stem_fork(w, &batch[i])) good = false;
    // On a host where none starts it is tried more and more rarely, a launch aside.
    uint64_t rarely = w->stem_failures < 60 ? w->stem_failures : 60;
    if (!good || rarely > 0)
        w->refill_ns = now_ns() + (rarely ? rarely : 1) * REFILL_FAILED_MS * UINT64_C(1000000);
}
