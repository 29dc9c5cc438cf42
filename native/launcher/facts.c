// What this host can do, found by doing it, and told to every gateway.
#include "worker.h"

#include "io.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

// Asks bwrap for its version. At start only: this is the one place where the worker waits for a child.
static void ask_bwrap(struct worker *w) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        // Nothing but our own code ever runs as root.
        uid_t nobody = (uid_t)w->config->id_base;
        if (w->config->root &&
            (setgroups(0, NULL) || setresgid(nobody, nobody, nobody) || setresuid(nobody, nobody, nobody)))
            _exit(126);
        execve(w->config->bwrap_path, (char *const[]){"bwrap", "--version", NULL}, (char *const[]){NULL});
        _exit(127);
    }
    close(ends[1]);
    char text[64] = "";
    ssize_t size = pid > 0 ? read(ends[0], text, sizeof text - 1) : 0;
    close(ends[0]);
    if (pid > 0) waitpid(pid, NULL, 0);
    text[size > 0 ? size : 0] = 0;
    char *number = strrchr(text, ' ');
    snprintf(w->bwrap_version, sizeof w->bwrap_version, "%.20s", number ? number + 1 : "");
    w->bwrap_version[strcspn(w->bwrap_version, "\n")] = 0;
}

static void make_boot_id(struct worker *w) {
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return;
    for (unsigned i = 0; i < sizeof bytes; i++)
        snprintf(w->boot_id + 2 * i, 3, "%02x", bytes[i]);
}

// Whether the kernel counts processes per user namespace (since Linux 5.14): in a namespace of its own a
// process that may have two of its id makes a second one and is refused a third.
static bool counts_processes(void) {
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) {
        struct rlimit two = {2, 2};
        pid_t second = setrlimit(RLIMIT_NPROC, &two) == 0 ? fork() : -1;
        if (second == 0) _exit(fork() < 0 ? 0 : 1);
        int status = 1;
        if (second < 0 || waitpid(second, &status, 0) != second) _exit(1);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    int status = 1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

void facts_find(struct worker *w) {
    struct utsname name;
    make_boot_id(w);
    if (uname(&name) == 0) snprintf(w->kernel, sizeof w->kernel, "%s", name.release);
    ask_bwrap(w);
    // The scratch tmpfs bounds bytes and inodes wherever a stem gets that far; wall time is this process's
    // own clock; output and open files are bounded by the agent and by rlimits.
    w->enforces = w->cgroups->enforces | 1u << LIMIT_WALL_TIME | 1u << LIMIT_DISK | 1u << LIMIT_INODES |
                  1u << LIMIT_OUTPUT | 1u << LIMIT_OPEN_FILES;
    w->counts_processes = !w->config->root && counts_processes();
    if (w->counts_processes) w->enforces |= 1u << LIMIT_PIDS;
}

static void fact(struct message *message, const char *name, const char *value) {
    char text[320];
    snprintf(text, sizeof text, "%s=%s", name, value);
    message_text(message, TAG_FACT, text);
}

static void fact_number(struct message *message, const char *name, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    fact(message, name, text);
}

void facts_write(const struct worker *w, struct message *message) {
    char apparmor[16] = "";
    message_text(message, TAG_BOOT_ID, w->boot_id);
    message_text(message, TAG_FEATURE, "prepare");
    message_text(message, TAG_FEATURE, "claim");
    message_text(message, TAG_FEATURE, "sweep");
    message_text(message, TAG_FEATURE, "deadline");
    message_text(message, TAG_FEATURE, "metrics");
    message_text(message, TAG_FEATURE, "end");
    message_text(message, TAG_FEATURE, "owner");
    if (w->config->mounts_path) message_text(message, TAG_FEATURE, "mounts");
    if (w->volumes_offered) message_text(message, TAG_FEATURE, "volumes");
    for (int i = 0; i < LIMIT_COUNT; i++)
        if (!(w->enforces >> i & 1)) message_text(message, TAG_UNENFORCED, limit_names[i]);
    fact(message, "launcher", "0.1.0");
    fact(message, "kernel", w->kernel);
    fact(message, "cgroups", w->cgroups->mode);
    fact(message, "bwrap", w->bwrap_version);
    fact(message, "users", w->config->root ? "range" : "single");
    fact_number(message, "attach_us_last", w->attach_us_last);
    fact_number(message, "attach_us_max", w->attach_us_max);
    fact_number(message, "sandboxes_max", SANDBOXES_MAX);
    for (int tree = 0; tree < TREE_COUNT; tree++)
        if (w->cgroups->parent[tree] >= 0) fact(message, "cgroup", w->cgroups->parent_path[tree]);
    if (w->cgroups->error) fact(message, "cgroups_error", strerror(w->cgroups->error));
    if (w->trouble[0]) fact(message, "trouble", w->trouble);
    if (read_at(AT_FDCWD, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", apparmor,
                sizeof apparmor) > 0)
        fact(message, "apparmor_restrict_unprivileged_userns", apparmor[0] == '0' ? "0" : "1");
    for (unsigned i = 0; i < w->mounts.count; i++) {
        char text[80];
        const struct listed *folder = &w->mounts.folders[i];
        snprintf(text, sizeof text, "%s %s", folder->name, folder->writable ? "rw" : "ro");
        fact(message, "mount", text);
    }
    for (unsigned i = 0; i < w->profiles.count; i++)
        fact(message, "profile", w->profiles.list[i].name);
}
