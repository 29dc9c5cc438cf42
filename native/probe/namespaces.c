/* New namespaces, foreign namespaces, and whether the ones that we are in are the host's. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

struct kind {
    const char *name;
    uint64_t flag;
    const char *file;
    /* Inode of the initial namespace: fixed in the kernel for these kinds, 0 where it is not. */
    unsigned long initial;
};

static const struct kind kinds[] = {
    {"user", CLONE_NEWUSER, "/proc/self/ns/user", 4026531837},
    {"mount", CLONE_NEWNS, "/proc/self/ns/mnt", 0},
    {"pid", CLONE_NEWPID, "/proc/self/ns/pid", 4026531836},
    {"net", CLONE_NEWNET, "/proc/self/ns/net", 0},
    {"ipc", CLONE_NEWIPC, "/proc/self/ns/ipc", 4026531839},
    {"uts", CLONE_NEWUTS, "/proc/self/ns/uts", 4026531838},
    {"cgroup", CLONE_NEWCGROUP, "/proc/self/ns/cgroup", 4026531835},
    {"time", CLONE_NEWTIME, "/proc/self/ns/time", 4026531834},
};

static void unshare_one(struct outcome *out, const void *argument) {
    const struct kind *kind = argument;
    outcome_of(out, unshare((int)kind->flag));
}

static void clone_one(struct outcome *out, const void *argument) {
    const struct kind *kind = argument;
    long pid = syscall(__NR_clone, kind->flag | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    outcome_of(out, pid);
    if (pid > 0) waitpid((pid_t)pid, NULL, 0);
}

static void clone3_one(struct outcome *out, const void *argument) {
    const struct kind *kind = argument;
    struct clone_args arguments = {.flags = kind->flag, .exit_signal = SIGCHLD};
    long pid = syscall(__NR_clone3, &arguments, sizeof arguments);
    if (pid == 0) _exit(0);
    outcome_of(out, pid);
    if (pid > 0) waitpid((pid_t)pid, NULL, 0);
}

static void join_pid1(struct outcome *out, const void *argument) {
    const struct kind *kind = argument;
    char path[64];
    snprintf(path, sizeof path, "/proc/1/ns/%s", strrchr(kind->file, '/') + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    outcome_of(out, fd < 0 ? -1 : setns(fd, (int)kind->flag));
}

/* setns() itself, on a descriptor that is no namespace: EINVAL says that it was reached. */
static void setns_reached(struct outcome *out, const void *unused) {
    int fd = open("/proc/self", O_RDONLY | O_CLOEXEC);
    outcome_of(out, setns(fd, 0));
}

static void is_initial(struct outcome *out, const void *argument) {
    const struct kind *kind = argument;
    char link[64];
    ssize_t length = readlink(kind->file, link, sizeof link - 1);
    if (length < 0) {
        outcome_of(out, -1);
        return;
    }
    link[length] = 0;
    const char *bracket = strchr(link, '[');
    unsigned long inode = bracket ? strtoul(bracket + 1, NULL, 10) : 0;
    outcome_if(out, inode == kind->initial, "%s", inode == kind->initial ? "the host's" : "its own");
}

void add_namespace_probes(void) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *kind = &kinds[i];
        probe_add("unshare_", kind->name, unshare_one, kind);
        /* In clone() the bit of a time namespace is part of the exit signal. */
        if (kind->flag != CLONE_NEWTIME) probe_add("clone_", kind->name, clone_one, kind);
        probe_add("clone3_", kind->name, clone3_one, kind);
        if (kind->initial) probe_add("host_namespace_", kind->name, is_initial, kind);
    }
    probe_add("setns_", "call", setns_reached, NULL);
    probe_add("setns_", "pid1_mount", join_pid1, &kinds[1]);
    probe_add("setns_", "pid1_user", join_pid1, &kinds[0]);
}
