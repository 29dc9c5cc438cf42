// The guardian: it makes the socket and the control groups, starts the worker, waits, and when the worker
// dies kills every sandbox and starts a new one. It reads no byte that anybody else wrote.
#include "worker.h"

#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The worker's way to say that starting again will not help.
enum { EXIT_HOPELESS = 3 };

static int listen_at(const struct config *c) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(c->socket_path) >= sizeof address.sun_path) {
        note("the socket's path is longer than the kernel takes (%zu)", sizeof address.sun_path - 1);
        return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", c->socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // The lock of the control groups says that no other launcher of ours lives, so an old socket is nobody's.
    unlink(c->socket_path);
    mode_t old = umask(0177);
    int bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(old);
    if (bound != 0 || (c->root && lchown(c->socket_path, c->allow_uid, (gid_t)-1) != 0) ||
        listen(fd, 1024) != 0) {
        note("cannot listen at %s: %s", c->socket_path, strerror(errno));
        return -1;
    }
    return fd;
}

// Without control groups: our descendants come to us as their parents die, and the first process of a sandbox
// takes the sandbox with it.
static void kill_children(void) {
    char path[64];
    char text[4096];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int round = 0; round < 200; round++) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (read_at(AT_FDCWD, path, text, sizeof text) <= 0) return;
        // A space ends each number: one that the end of `text` cut short would be another process's.
        char *last = strrchr(text, ' ');
        if (!last) return;
        *last = 0;
        for (char *pid = strtok(text, " "); pid; pid = strtok(NULL, " ")) {
            long number = 0;
            if (sscanf(pid, "%ld", &number) == 1 && number > 1) kill((pid_t)number, SIGKILL);
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static pid_t start_worker(const struct config *config, struct cgroups *cgroups, int listener,
                          volatile uint64_t *beats) {
    pid_t guardian = getpid();
    pid_t worker = fork();
    if (worker == 0) {
        prctl(PR_SET_NAME, "hsr-worker");
        _exit(worker_main(config, cgroups, listener, guardian, beats));
    }
    return worker;
}

// Whether a signal or a debugger holds the process.
static bool is_stopped(pid_t pid) {
    char path[64];
    char text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_at(AT_FDCWD, path, text, sizeof text) <= 0) return false;
    // The state stands behind the name, which may hold anything.
    const char *name_end = strrchr(text, ')');
    return name_end && (name_end[2] == 'T' || name_end[2] == 't');
}

// Waits for the worker's end, passing a stop on to it. Returns its wait status. A worker that lives and does
// nothing (somebody stopped it, or the kernel holds it) keeps no deadlines: it is killed, and its sandboxes
// with it. Counted by our own looks and not by the clock, which jumps when a machine was paused.
static int wait_for(pid_t worker, const sigset_t *signals, bool *stopped, const volatile uint64_t *beats) {
    uint64_t patience = UINT64_MAX;
    uint64_t seen = *beats;
    uint64_t look = now_ns() + (uint64_t)BEAT_MS * 1000000;
    unsigned silent = 0;
    for (;;) {
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == worker) return status;
        // The signals are blocked outside of this call, so none is missed between looking and waiting.
        struct timespec tick = {.tv_sec = *stopped ? 0 : 1, .tv_nsec = *stopped ? 100000000 : 0};
        int number = sigtimedwait(signals, NULL, &tick);
        if ((number == SIGTERM || number == SIGINT) && !*stopped) {
            *stopped = true;
            patience = now_ns() + (uint64_t)STOP_TIMEOUT_MS * 1000000;
            kill(worker, SIGTERM);
        }
        if (now_ns() > patience) kill(worker, SIGKILL);
        if (now_ns() < look) continue;
        look = now_ns() + (uint64_t)BEAT_MS * 1000000;
        silent = *beats == seen ? silent + 1 : 0;
        seen = *beats;
        if (silent < SILENT_BEATS_MAX || (silent < STARVED_BEATS_MAX && !is_stopped(worker))) continue;
        note("the worker does nothing any more; it is killed");
        kill(worker, SIGKILL);
    }
}

// Waits a little before the next start. True if it was told to stop meanwhile or before.
static bool told_to_stop_within(const sigset_t *signals, long pause_ms) {
    uint64_t end = now_ns() + (uint64_t)pause_ms * 1000000;
    for (;;) {
        uint64_t now = now_ns();
        uint64_t left = now < end ? end - now : 0;
        struct timespec wait = {.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
        int number = sigtimedwait(signals, NULL, &wait);
        if (number == SIGTERM || number == SIGINT) return true;
        if (number < 0 && errno == EAGAIN) return false;
    }
}

// Keeps a worker running until told to stop, and clears everything away after each.
static int keep_worker(const struct config *config, struct cgroups *cgroups, int listener) {
    sigset_t signals;
    bool stopped = false;
    unsigned short_lives = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    volatile uint64_t *beats =
        mmap(NULL, sizeof *beats, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (beats == MAP_FAILED) return EXIT_HOPELESS;
    for (;;) {
        uint64_t begin = now_ns();
        pid_t worker = start_worker(config, cgroups, listener, beats);
        int status = worker > 0 ? wait_for(worker, &signals, &stopped, beats) : EXIT_HOPELESS << 8;
        bool clean = cgroups_sweep(cgroups, 5000);
        kill_children();
        if (!clean) note("something in a control group does not die");
        if (stopped) return clean ? 0 : 1;
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_HOPELESS) return EXIT_HOPELESS;
        note("the worker died; every sandbox was ended, a new worker starts");
        // A worker that dies at once again and again is restarted more and more slowly.
        short_lives = now_ns() - begin < UINT64_C(1000000000) ? short_lives + 1 : 0;
        long pause_ms = short_lives > 50 ? 1000 : short_lives * 20;
        if (told_to_stop_within(&signals, pause_ms)) return clean ? 0 : 1;
    }
}

int main(int argc, char **argv) {
    static struct config config;
    static struct cgroups cgroups;
    char why[160];
    if (!config_read(&config, argc, argv)) return 2;
    if (config.root && !ids_free_on_host(config.id_base, config.id_count, why, sizeof why)) {
        note("%s", why);
        return 2;
    }
    if (mkdir(config.state_dir, 0755) != 0 && errno != EEXIST) {
        note("cannot make the state directory: %s", strerror(errno));
        return 2;
    }
    if (!cgroups_open(&cgroups, config.cgroup_name, config.root)) {
        note("another launcher holds the control group %s", config.cgroup_name);
        return 2;
    }
    int listener = listen_at(&config);
    if (listener < 0) return 2;
    // Where stderr is a pipe that nobody reads any more, a note must not end us.
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "hsr-guardian");
    // Where we may not, the sandboxes' higher score still makes them go first.
    write_at(AT_FDCWD, "/proc/self/oom_score_adj", "-900");
    int code = keep_worker(&config, &cgroups, listener);
    unlink(config.socket_path);
    cgroups_close(&cgroups);
    return code;
}
