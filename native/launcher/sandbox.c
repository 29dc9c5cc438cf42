// The life of one sandbox: stem, starting, live, dying, gone.
#include "stem.h"
#include "worker.h"

#include "../common/walls.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RETRY_MS = 2, PATIENCE_MS = 100 };

static const uint64_t MS = 1000000;

struct sandbox *sandbox_find(struct worker *w, const char *id) {
    for (unsigned i = 0; i < w->sandbox_count; i++)
        if (w->sandboxes[i]->state != SANDBOX_STEM && strcmp(w->sandboxes[i]->id, id) == 0)
            return w->sandboxes[i];
    return NULL;
}

struct sandbox *sandbox_of(struct worker *w, const char *gateway, const char *id) {
    struct sandbox *s = sandbox_find(w, id);
    return s && owner_sees(gateway, s->owner) ? s : NULL;
}

uint64_t sandbox_wall_ms(const struct sandbox *s) {
    uint64_t end = s->ended_ns ? s->ended_ns : now_ns();
    // While it was stopped it had no time.
    if (s->expired) end = s->expired_ns;
    return s->started_ns ? (end - s->started_ns) / MS : 0;
}

static void close_at(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

// What bwrap said before it failed, in one printable line.
static void read_errors(struct sandbox *s) {
    char text[sizeof s->detail];
    if (s->errors < 0 || s->detail[0]) return;
    ssize_t size = read(s->errors, text, sizeof text - 1);
    for (ssize_t i = 0; i < size; i++)
        s->detail[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : ' ';
    if (size > 0) s->detail[size] = 0;
}

void sandbox_forget(struct worker *w, struct sandbox *s) {
    if (s->control.fd >= 0) {
        unwatch(w, &s->control);
        close_at(&s->control.fd);
    }
    close_at(&s->errors);
    ids_give(&w->ids, s->range);
    volumes_give(w, s);
    jobs_forget_sandbox(w, s);
    for (unsigned i = 0; i < w->sandbox_count; i++)
        if (w->sandboxes[i] == s) w->sandboxes[i] = w->sandboxes[--w->sandbox_count];
    bury(w, s);
}

void sandbox_name(struct sandbox *s, const struct request *request) {
    snprintf(s->id, sizeof s->id, "%s", request->sandbox);
    snprintf(s->tenant, sizeof s->tenant, "%s", request->tenant);
    snprintf(s->owner, sizeof s->owner, "%s", request->owner);
    s->limits = request->limits;
    s->state = SANDBOX_STARTING;
    s->started_ns = now_ns();
    s->deadline_ns =
        wall_stands(WALL_DEADLINE) ? s->started_ns + request->limits.deadline_ms * MS : UINT64_MAX;
}

// One datagram with descriptors on the sandbox's control socket.
static bool send_with(const struct sandbox *s, void *bytes, size_t size, const int *fds, unsigned count) {
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec data = {bytes, size};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    return sendmsg(s->control.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

bool sandbox_start(struct worker *w, struct sandbox *s, int connection, int filter,
                   const struct stem_mounts *mounts) {
    struct stem_order order = {.kind = STEM_ORDER,
                               .disk_bytes = s->limits.disk_bytes,
                               .inodes = s->limits.inodes,
                               .open_files = s->limits.open_files,
                               .pids = s->limits.pids,
                               .file_bytes = mounts ? mounts->file_bytes : 0,
                               .mount_count = mounts ? mounts->count : 0};
    int fds[2] = {connection, filter};
    if (!send_with(s, &order, sizeof order, fds, 2)) return false;
    for (unsigned i = 0; i < order.mount_count; i++) {
        struct stem_mount one = mounts->list[i];
        if (!send_with(s, &one, sizeof one, &mounts->fds[i], 1)) return false;
    }
    return true;
}

// The deadline passed while no gateway was there. What the guest had done by then may be a result that nobody
// has fetched yet, so it is stopped instead of killed. False where it cannot be stopped.
static bool expire(struct worker *w, struct sandbox *s, uint64_t now) {
    if (s->expired || s->state != SANDBOX_LIVE || gateway_connected(w, s->owner)) return false;
    if (!leaf_freeze(w->cgroups, s->leaf, true)) return false;
    s->expired = true;
    s->expired_ns = now;
    s->deadline_ns = now + EXPIRED_GRACE_MS * MS;
    return true;
}

bool sandbox_join(struct worker *w, struct sandbox *s, int connection) {
    // Its agent must run to be asked for what it has; the gateway decides, and soon.
    if (s->expired) {
        leaf_freeze(w->cgroups, s->leaf, false);
        uint64_t soon = now_ns() + JOINED_GRACE_MS * MS;
        if (soon < s->deadline_ns) s->deadline_ns = soon;
    }
    char kind = 'S';
    return send_with(s, &kind, 1, &connection, 1);
}

// A deadline that has passed is final, also in the moment before the loop acts on it: a renewal and an expiry
// never both win.
bool sandbox_renew(struct worker *w, struct sandbox *s, uint64_t deadline_ms) {
    uint64_t now = now_ns();
    if (s->state == SANDBOX_DYING || s->expired) return false;
    if (s->deadline_ns <= now) {
        sandbox_kill(w, s, "deadline");
        return false;
    }
    s->limits.deadline_ms = deadline_ms;
    if (wall_stands(WALL_DEADLINE)) s->deadline_ns = now + deadline_ms * MS;
    return true;
}

static void answer_waiters(struct worker *w, struct sandbox *s) {
    for (unsigned i = 0; i < s->waiter_count; i++)
        answer_killed(w, s, &s->waiters[i]);
    s->waiter_count = 0;
}

static void measure(struct worker *w, struct sandbox *s) {
    if (s->measured) return;
    leaf_usage(w->cgroups, s->leaf, &s->usage);
    if (s->usage.cpu_us == UINT64_MAX && s->rusage_cpu_us) s->usage.cpu_us = s->rusage_cpu_us;
    s->measured = true;
}

// Gives the leaf to the sweeper, which kills what may still live in it.
static void hand_over(struct worker *w, struct sandbox *s) {
    if (s->handed) return;
    measure(w, s);
    s->handed = send(w->sweeper.fd, s->leaf, strlen(s->leaf), MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
    if (!s->handed) s->patience_ns = now_ns() + RETRY_MS * MS;
}

// Nothing is left of it: no process, no leaf.
static void gone(struct worker *w, struct sandbox *s) {
    answer_waiters(w, s);
    if (s->id[0])
        ended_announce(w, s);
    else if (strcmp(s->reason, "setup_failed") == 0 && !w->stopping) {
        // A stem died on its own: the host does not let sandboxes start, and the next launch will be told
        // why.
        w->stem_failures++;
        snprintf(w->trouble, sizeof w->trouble, "%.150s", s->detail);
        note("a stem failed: %s", s->detail);
    }
    if (w->refill_ns == UINT64_MAX) w->refill_ns = now_ns() + RETRY_MS * MS;
    sandbox_forget(w, s);
}

static void all_reaped(struct worker *w, struct sandbox *s, bool agent_died) {
    measure(w, s);
    // The first process of a pid namespace is reaped only after every other one in it is dead.
    if (agent_died) answer_waiters(w, s);
    hand_over(w, s);
    if (s->swept) gone(w, s);
}

void sandbox_swept(struct worker *w, const char *leaf) {
    for (unsigned i = 0; i < w->sandbox_count; i++) {
        struct sandbox *s = w->sandboxes[i];
        if (strcmp(s->leaf, leaf) != 0) continue;
        s->swept = true;
        if (!s->monitor && !s->agent) gone(w, s);
        return;
    }
}

static void dying(struct sandbox *s, const char *reason) {
    if (!s->reason) s->reason = reason;
    if (s->state != SANDBOX_DYING) s->ended_ns = now_ns();
    s->state = SANDBOX_DYING;
}

void sandbox_kill(struct worker *w, struct sandbox *s, const char *reason) {
    if (s->state == SANDBOX_DYING) return;
    if (strcmp(reason, "setup_failed") == 0) read_errors(s);
    dying(s, reason);
    // The first process takes its whole pid namespace with it, at once and without a lock of the kernel's
    // that others may hold. An agent that has not spoken yet is the sweeper's, or goes at the end of file of
    // its control socket.
    if (s->agent) kill(s->agent, SIGKILL);
    if (s->monitor) kill(s->monitor, SIGKILL);
    // Version 1 delivers no signal to the frozen.
    if (s->expired) leaf_freeze(w->cgroups, s->leaf, false);
    unwatch(w, &s->control);
    close_at(&s->control.fd);
    s->patience_ns = now_ns() + PATIENCE_MS * MS;
    if (!s->agent) hand_over(w, s);
}

static const char *natural_end(struct worker *w, struct sandbox *s, int status) {
    if (s->state == SANDBOX_STEM || s->state == SANDBOX_STARTING) {
        read_errors(s);
        if (!s->detail[0]) snprintf(s->detail, sizeof s->detail, "the jail ended before the agent spoke");
        return "setup_failed";
    }
    struct usage usage;
    leaf_usage(w->cgroups, s->leaf, &usage);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    return killed && usage.oom_kills != UINT64_MAX && usage.oom_kills > 0 ? "out_of_memory" : "exited";
}

static bool is_child(pid_t pid) {
    siginfo_t info;
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void sandbox_reaped(struct worker *w, pid_t pid, int status, uint64_t cpu_us) {
    struct sandbox *s = NULL;
    for (unsigned i = 0; i < w->sandbox_count && !s; i++)
        if (w->sandboxes[i]->monitor == pid || w->sandboxes[i]->agent == pid) s = w->sandboxes[i];
    // An agent whose jail died before it spoke: its leaf is watched by the retries.
    if (!s) return;
    s->rusage_cpu_us += cpu_us;
    bool monitor = s->monitor == pid;
    if (monitor)
        s->monitor = 0;
    else
        s->agent = 0;
    // The monitor is killed on purpose once the agent lives on its own. One that ended within that moment may
    // have been collected by the monitor, and is nobody's child any more: its number is not its own.
    if (monitor && s->agent && !is_child(s->agent)) s->agent = 0;
    if (monitor && s->state == SANDBOX_LIVE && s->agent) return;
    if (s->state != SANDBOX_DYING) sandbox_kill(w, s, natural_end(w, s, status));
    if (!s->monitor && !s->agent) all_reaped(w, s, !monitor);
}

// The agent's pid as the kernel gives it with the datagram, believed only if it is the monitor's child.
static pid_t checked_agent(const struct sandbox *s, const struct msghdr *message) {
    pid_t pid = 0;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR((struct msghdr *)message, h)) {
        struct ucred sender;
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_CREDENTIALS) continue;
        memcpy(&sender, CMSG_DATA(h), sizeof sender);
        pid = sender.pid;
    }
    char path[64];
    char status[1024];
    uint64_t parent = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (pid <= 1 || read_at(AT_FDCWD, path, status, sizeof status) <= 0) return 0;
    const char *line = strstr(status, "\nPPid:");
    if (line) parent = strtoull(line + 6, NULL, 10);
    return (pid_t)parent == s->monitor ? pid : 0;
}

static void agent_spoke(struct worker *w, struct sandbox *s, const struct msghdr *message) {
    s->agent = checked_agent(s, message);
    if (!s->agent) {
        snprintf(s->detail, sizeof s->detail, "the agent is not the first process of its sandbox");
        sandbox_kill(w, s, "setup_failed");
        return;
    }
    s->state = SANDBOX_LIVE;
    weight_begin(s);
    // The agent does without bwrap's monitor; its next parent is this process.
    if (s->monitor) kill(s->monitor, SIGKILL);
    close_at(&s->errors);
    // Nothing more is expected from inside; whatever comes stays unread in a buffer of the sandbox's own.
    unwatch(w, &s->control);
}

void sandbox_control_ready(struct worker *w, struct source *source, uint32_t events) {
    struct sandbox *s = (struct sandbox *)source;
    struct stem_report report = {0};
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec data = {&report, sizeof report};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    // There is room for credentials only, so the kernel drops any descriptor that comes along.
    ssize_t size = recvmsg(source->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        // The other end is closed: the process is dead or dying, and its reaping tells the rest.
        unwatch(w, source);
        return;
    }
    if (report.kind == STEM_READY && size == sizeof report && s->state != SANDBOX_LIVE) {
        s->ready = true;
        w->stem_failures = 0;
        w->attach_us_last = report.attach_us;
        if (report.attach_us > w->attach_us_max) w->attach_us_max = report.attach_us;
        if (s->state == SANDBOX_STEM) w->trouble[0] = 0;
        if (w->refill_ns == UINT64_MAX) w->refill_ns = now_ns();
    } else if (report.kind == STEM_FAILED && size == sizeof report && s->state != SANDBOX_LIVE) {
        report.step[sizeof report.step - 1] = 0;
        snprintf(s->detail, sizeof s->detail, "%s: %s", report.step, strerror(report.error));
        sandbox_kill(w, s, "setup_failed");
    } else if (report.kind == AGENT_HELLO && s->state == SANDBOX_STARTING && size == 1) {
        agent_spoke(w, s, &message);
    }
}

uint64_t sandboxes_due(struct worker *w, uint64_t now) {
    uint64_t next = UINT64_MAX;
    for (unsigned i = w->sandbox_count; i-- > 0;) {
        struct sandbox *s = w->sandboxes[i];
        uint64_t due = s->deadline_ns;
        if (s->state == SANDBOX_STARTING) {
            uint64_t patience = s->started_ns + START_TIMEOUT_MS * MS;
            if (patience < due) due = patience;
        }
        if (s->state == SANDBOX_DYING) due = s->handed ? UINT64_MAX : s->patience_ns;
        if (due <= now) {
            if (s->state == SANDBOX_DYING)
                hand_over(w, s);
            else if (s->deadline_ns > now)
                sandbox_kill(w, s, "setup_failed");
            else if (!expire(w, s, now))
                sandbox_kill(w, s, "deadline");
            due = now + RETRY_MS * MS; // It may have a new time: looked at once more soon.
        }
        if (due < next) next = due;
    }
    return next;
}
