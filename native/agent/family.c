/* Processes by their relations. The kernel has no call for "all of this session" or "all that descends from
 * me", so these read /proc; whoever forks faster than that is caught by the next round or, in the end, by the
 * launcher's cgroup. */
#include "agent.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 8
#define TABLE_MAX 8192
#define REAPED_MAX 256

struct relative {
    pid_t pid, parent, session;
    bool ours;
};

/* Calls `each` for every number in /proc, without the memory that opendir would take. */
static void each_pid(void (*each)(pid_t pid, void *with), void *with) {
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    _Alignas(8) char bytes[4096];
    long length;
    while ((length = syscall(SYS_getdents64, folder, bytes, sizeof bytes)) > 0) {
        for (long at = 0; at < length;) {
            uint16_t record;
            memcpy(&record, bytes + at + 16, sizeof record);
            const char *name = bytes + at + 19;
            if (isdigit((unsigned char)name[0])) each((pid_t)atol(name), with);
            at += record;
        }
    }
    close(folder);
}

struct signalling {
    pid_t session;
    int signal;
    unsigned reached;
};

static void signal_in_session(pid_t pid, void *with) {
    struct signalling *s = with;
    if (pid != getpid() && getsid(pid) == s->session && kill(pid, s->signal) == 0) s->reached++;
}

bool family_signal_session(pid_t leader, int signal) {
    unsigned before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct signalling s = {.session = leader, .signal = signal};
        each_pid(signal_in_session, &s);
        /* The dead still show until they are collected, so only a growing number is a reason to look again.
         */
        if (signal != SIGKILL || s.reached <= before) return s.reached > 0;
        before = s.reached;
    }
    return true;
}

struct relatives {
    struct relative *list;
    size_t count;
};

static bool read_relative(pid_t pid, struct relative *r) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return false;
    text[n] = 0;
    char *after = strrchr(text, ')'); /* the name before it is the guest's to choose */
    char state;
    int parent, group, session;
    if (!after || sscanf(after + 1, " %c %d %d %d", &state, &parent, &group, &session) != 4) return false;
    *r = (struct relative){.pid = pid, .parent = parent, .session = session};
    return state != 'Z';
}

static void collect(pid_t pid, void *with) {
    struct relatives *all = with;
    if (pid != getpid() && all->count < TABLE_MAX && read_relative(pid, &all->list[all->count])) all->count++;
}

/* Marks what descends from the agent. As process 1 that is everything. */
static void mark_ours(struct relatives *all) {
    bool grown = true;
    while (grown) {
        grown = false;
        for (size_t i = 0; i < all->count; i++) {
            struct relative *r = &all->list[i];
            bool ours = r->parent == getpid() || getpid() == 1;
            for (size_t k = 0; k < all->count && !ours && !r->ours; k++)
                ours = all->list[k].ours && all->list[k].pid == r->parent;
            if (ours && !r->ours) r->ours = grown = true;
        }
    }
}

static bool look(struct relatives *all) {
    *all = (struct relatives){.list = calloc(TABLE_MAX, sizeof *all->list)};
    if (!all->list) return false;
    each_pid(collect, all);
    mark_ours(all);
    return true;
}

static bool is_orphan(const struct relative *r) {
    if (!r->ours) return false;
    const struct execution *e = execution_by_pid(r->session);
    return e == NULL;
}

void family_list_orphans(struct pen *p) {
    struct relatives all;
    uint32_t total = 0, told = 0;
    if (!look(&all)) {
        pen_u32(p, 0);
        pen_u32(p, 0);
        return;
    }
    for (size_t i = 0; i < all.count; i++)
        total += is_orphan(&all.list[i]);
    pen_u32(p, total);
    pen_u32(p, total < HSR_ORPHANS_MAX ? total : HSR_ORPHANS_MAX);
    for (size_t i = 0; i < all.count && told < HSR_ORPHANS_MAX; i++) {
        if (!is_orphan(&all.list[i])) continue;
        pen_u32(p, (uint32_t)all.list[i].pid);
        pen_u32(p, (uint32_t)all.list[i].session);
        told++;
    }
    free(all.list);
}

uint32_t family_kill_orphans(int signal, const uint32_t *pids, size_t count) {
    struct relatives all;
    uint32_t killed = 0;
    if (!look(&all)) return 0;
    for (size_t i = 0; i < all.count; i++) {
        bool meant = count == 0;
        for (size_t k = 0; k < count && !meant; k++)
            meant = (pid_t)pids[k] == all.list[i].pid;
        if (meant && is_orphan(&all.list[i]) && kill(all.list[i].pid, signal) == 0) killed++;
    }
    free(all.list);
    return killed;
}

void family_kill_all(void) {
    if (getpid() == 1) {
        kill(-1, SIGKILL);
        return;
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct relatives all;
        if (!look(&all)) return;
        size_t killed = 0;
        for (size_t i = 0; i < all.count; i++)
            killed += all.list[i].ours && kill(all.list[i].pid, SIGKILL) == 0;
        free(all.list);
        if (!killed) return;
    }
}

bool family_reap(void) {
    for (int count = 0; count < REAPED_MAX; count++) {
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return false;
        pid_t pid = info.si_pid;
        struct execution *e = execution_by_pid(pid);
        if (e && e->state == EXECUTION_STARTING) {
            execution_settle_report(e);
            e = execution_by_pid(pid);
        }
        /* Before it is collected: as long as it is a zombie nobody else can have its number. */
        if (e) kill(-pid, SIGKILL);
        int status = 0;
        struct rusage rusage;
        if (wait4(pid, &status, WNOHANG, &rusage) != pid) return false;
        if (!e) continue;
        /* Whoever is left of the session is the agent's child now; with no child left there is nothing to
         * look for. */
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0) family_signal_session(pid, SIGKILL);
        execution_reaped(e, status, &rusage);
    }
    return true;
}
