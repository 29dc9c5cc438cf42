#include "worker.h"
#include "sweeper.h"

#include "io.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

bool watch(struct worker *w, struct source *source, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(w->epoll, EPOLL_CTL_ADD, source->fd, &event) == 0;
}

void unwatch(struct worker *w, struct source *source) {
    // Taking away what is not there is harmless.
    if (source->fd >= 0) epoll_ctl(w->epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

void bury(struct worker *w, void *memory) {
    // One round has fewer events than the graveyard has places.
    if (w->graveyard_count == sizeof w->graveyard / sizeof *w->graveyard) abort();
    w->graveyard[w->graveyard_count++] = memory;
}

static void empty_graveyard(struct worker *w) {
    while (w->graveyard_count > 0)
        free(w->graveyard[--w->graveyard_count]);
}

static void reap(struct worker *w) {
    for (;;) {
        int status;
        struct rusage used;
        pid_t pid = wait4(-1, &status, WNOHANG, &used);
        if (pid <= 0) return;
        uint64_t cpu_us = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
                          (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
        sandbox_reaped(w, pid, status, cpu_us);
    }
}

static void stop(struct worker *w) {
    if (w->stopping) return;
    w->stopping = true;
    for (unsigned i = w->sandbox_count; i-- > 0;)
        sandbox_kill(w, w->sandboxes[i], "destroyed");
}

static void signals_ready(struct worker *w, struct source *source, uint32_t events) {
    struct signalfd_siginfo info;
    while (read(source->fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(w);
        else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            stop(w);
    }
}

// Nobody is left to kill for us if we die too: everything goes now, and so do we.
static void guardian_gone(struct worker *w, struct source *source, uint32_t events) {
    note("the guardian is gone; ending every sandbox");
    cgroups_sweep(w->cgroups, 1500);
    _exit(1);
}

static void sweeper_ready(struct worker *w, struct source *source, uint32_t events) {
    char leaf[LEAF_NAME_BYTES];
    ssize_t size;
    while ((size = recv(source->fd, leaf, sizeof leaf - 1, MSG_DONTWAIT)) > 0) {
        leaf[size] = 0;
        sandbox_swept(w, leaf);
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // Without it ends would never be told. The guardian ends everything and starts anew.
    note("the sweeper is gone");
    _exit(1);
}

static bool open_sources(struct worker *w, int listener, pid_t guardian) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->listener = (struct source){.fd = listener, .ready = connection_accept};
    w->signals =
        (struct source){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signals_ready};
    w->guardian = (struct source){.fd = (int)syscall(SYS_pidfd_open, guardian, 0), .ready = guardian_gone};
    if (w->epoll < 0 || w->signals.fd < 0 || w->guardian.fd < 0 || getppid() != guardian) return false;
    struct source *const sources[] = {&w->listener, &w->signals, &w->guardian, &w->sweeper};
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++)
        if (!watch(w, sources[i], EPOLLIN)) return false;
    return w->mounter.fd < 0 || watch(w, &w->mounter, EPOLLIN);
}

static void raise_own_limits(void) {
    struct rlimit files = {.rlim_cur = 65536, .rlim_max = 65536};
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max < files.rlim_max)
        files.rlim_cur = files.rlim_max = now.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static int timeout_ms(struct worker *w) {
    uint64_t now = now_ns();
    uint64_t due = sandboxes_due(w, now);
    uint64_t other = connections_due(w, now);
    if (other < due) due = other;
    other = weights_due(w, now);
    if (other < due) due = other;
    if (w->refill_ns <= now) stems_refill(w);
    if (w->refill_ns < due) due = w->refill_ns;
    now = now_ns();
    uint64_t wait = due > now ? (due - now + 999999) / 1000000 : 0;
    return wait > BEAT_MS ? BEAT_MS : (int)wait;
}

int worker_main(const struct config *config, struct cgroups *cgroups, int listener, pid_t guardian,
                volatile uint64_t *beats) {
    static struct worker worker;
    struct worker *w = &worker;
    w->config = config;
    w->cgroups = cgroups;
    w->beats = beats;
    w->stems_wanted = config->stems;
    raise_own_limits();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !mounter_open(w, listener) ||
        !stage_make(&w->stage, config) || !profiles_load(&w->profiles, config->seccomp_dir, config->root))
        return 3;
    ids_init(&w->ids, config->id_base, config->id_count);
    facts_find(w);
    w->sweeper =
        (struct source){.fd = sweeper_start(cgroups, listener, &w->sweeper_pid), .ready = sweeper_ready};
    if (w->sweeper.fd < 0 || !open_sources(w, listener, guardian)) {
        note("the worker cannot start: %s", strerror(errno));
        return 3;
    }
    while (!w->stopping || w->sandbox_count > 0) {
        struct epoll_event events[64];
        int wait = timeout_ms(w);
        empty_graveyard(w);
        ++*w->beats;
        int count = epoll_wait(w->epoll, events, 64, wait);
        for (int i = 0; i < count; i++) {
            struct source *source = events[i].data.ptr;
            if (source->fd >= 0) source->ready(w, source, events[i].events);
        }
        empty_graveyard(w);
    }
    return 0;
}
