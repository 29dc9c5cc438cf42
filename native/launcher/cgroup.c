// One leaf: its making, its limits, its end.
#include "cgroup.h"

#include "../common/walls.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Of the memory limit, where the kernel counts socket buffers apart (version 1).
enum { SOCKET_MEMORY_PART = 8 };

static void path_in(char out[96], const char *leaf, const char *file) {
    snprintf(out, 96, "%s/%s", leaf, file);
}

static int write_leaf(const struct cgroups *c, enum tree tree, const char *leaf, const char *file,
                      const char *text) {
    char path[96];
    if (c->parent[tree] < 0) return ENOENT;
    path_in(path, leaf, file);
    return write_at(c->parent[tree], path, text);
}

ssize_t leaf_read(const struct cgroups *c, enum tree tree, const char *leaf, const char *file, char *out,
                  size_t cap) {
    char path[96];
    if (c->parent[tree] < 0) return -1;
    path_in(path, leaf, file);
    return read_at(c->parent[tree], path, out, cap);
}

int leaf_make(const struct cgroups *c, const char *leaf) {
    for (int tree = 0; tree < TREE_COUNT; tree++) {
        if (c->parent[tree] < 0 || mkdirat(c->parent[tree], leaf, 0755) == 0) continue;
        int error = errno;
        while (tree-- > 0)
            if (c->parent[tree] >= 0) unlinkat(c->parent[tree], leaf, AT_REMOVEDIR);
        return error;
    }
    return 0;
}

int leaf_open_procs(const struct cgroups *c, const char *leaf, int out[TREE_COUNT]) {
    int count = 0;
    for (int tree = 0; tree < TREE_COUNT; tree++) {
        char path[96];
        if (c->parent[tree] < 0) continue;
        path_in(path, leaf, "cgroup.procs");
        int fd = openat(c->parent[tree], path, O_WRONLY | O_CLOEXEC);
        if (fd < 0) {
            int error = errno;
            while (count > 0)
                close(out[--count]);
            errno = error;
            return -1;
        }
        out[count++] = fd;
    }
    return count;
}

static bool limit_memory(const struct cgroups *c, const char *leaf, uint64_t bytes) {
    char number[32];
    snprintf(number, sizeof number, "%llu", (unsigned long long)bytes);
    if (c->v2_controllers) {
        // A host without swap has no swap file to write; a host with swap must take the zero.
        int swap = write_leaf(c, TREE_V2, leaf, "memory.swap.max", "0");
        return (swap == 0 || swap == ENOENT) && write_leaf(c, TREE_V2, leaf, "memory.max", number) == 0;
    }
    if (write_leaf(c, TREE_MEMORY, leaf, "memory.limit_in_bytes", number) != 0) return false;
    // Version 1 keeps an account of its own for what TCP and UDP sockets buffer, without a limit of its own:
    // over the loopback device a guest would take a tenth of the host's memory, and all that its TCP may use.
    char sockets[32];
    snprintf(sockets, sizeof sockets, "%llu", (unsigned long long)bytes / SOCKET_MEMORY_PART);
    if (write_leaf(c, TREE_MEMORY, leaf, "memory.kmem.tcp.limit_in_bytes", sockets) != 0) return false;
    return !c->swap_file || write_leaf(c, TREE_MEMORY, leaf, "memory.memsw.limit_in_bytes", number) == 0;
}

static bool limit_pids(const struct cgroups *c, const char *leaf, uint64_t pids) {
    char number[32];
    snprintf(number, sizeof number, "%llu", (unsigned long long)pids);
    return write_leaf(c, c->v2_controllers ? TREE_V2 : TREE_PIDS, leaf, "pids.max", number) == 0;
}

static bool limit_cpu(const struct cgroups *c, const char *leaf, uint64_t millis) {
    char text[64];
    if (c->v2_controllers) {
        snprintf(text, sizeof text, "%llu 100000", (unsigned long long)millis * 100);
        return write_leaf(c, TREE_V2, leaf, "cpu.max", text) == 0;
    }
    // 100 ms is the kernel's own period for a new group.
    snprintf(text, sizeof text, "%llu", (unsigned long long)millis * 100);
    return write_leaf(c, TREE_CPU, leaf, "cpu.cfs_quota_us", text) == 0;
}

limit_set leaf_limit(const struct cgroups *c, const char *leaf, const struct limits *limits) {
    limit_set taken = 0;
    if (!wall_stands(WALL_MEMORY) || limit_memory(c, leaf, limits->memory_bytes)) taken |= 1u << LIMIT_MEMORY;
    if (!wall_stands(WALL_PIDS) || limit_pids(c, leaf, limits->pids)) taken |= 1u << LIMIT_PIDS;
    if (!wall_stands(WALL_CPU) || limit_cpu(c, leaf, limits->cpu_millis)) taken |= 1u << LIMIT_CPU;
    return taken;
}

bool leaf_weigh(const struct cgroups *c, const char *leaf, unsigned weight) {
    char text[32];
    // Version 2 says 100 for what version 1 says 1024 for.
    snprintf(text, sizeof text, "%u", c->v2_controllers ? (weight * 100 + 512) / 1024 : weight);
    return (c->v2_controllers ? write_leaf(c, TREE_V2, leaf, "cpu.weight", text)
                              : write_leaf(c, TREE_CPU, leaf, "cpu.shares", text)) == 0;
}

bool leaf_freeze(const struct cgroups *c, const char *leaf, bool frozen) {
    if (write_leaf(c, TREE_V2, leaf, "cgroup.freeze", frozen ? "1" : "0") == 0) return true;
    return write_leaf(c, TREE_FREEZER, leaf, "freezer.state", frozen ? "FROZEN" : "THAWED") == 0;
}

// Without cgroup.kill: stop everything, so that nothing forks away, then signal each, then let them die.
static void kill_one_by_one(const struct cgroups *c, const char *leaf) {
    static char pids[65536];
    for (int round = 0; round < 4; round++) {
        leaf_freeze(c, leaf, true);
        bool any = false;
        for (int tree = 0; tree < TREE_COUNT && !any; tree++) {
            if (leaf_read(c, tree, leaf, "cgroup.procs", pids, sizeof pids) <= 0) continue;
            for (char *at = pids; *at;) {
                char *end;
                long pid = strtol(at, &end, 10);
                // A line's end belongs to each: a number that the end of `pids` cut short is another
                // process's.
                if (end == at || *end != '\n') break;
                if (pid > 1 && kill((pid_t)pid, SIGKILL) == 0) any = true;
                at = end + 1;
            }
        }
        leaf_freeze(c, leaf, false);
        if (!any) return;
    }
}

void leaf_kill(const struct cgroups *c, const char *leaf) {
    if (c->kill_file && write_leaf(c, TREE_V2, leaf, "cgroup.kill", "1") == 0) return;
    kill_one_by_one(c, leaf);
}

int leaf_remove(const struct cgroups *c, const char *leaf) {
    int left = 0;
    for (int tree = 0; tree < TREE_COUNT; tree++)
        if (c->parent[tree] >= 0 && unlinkat(c->parent[tree], leaf, AT_REMOVEDIR) != 0 && errno != ENOENT)
            left = errno;
    return left;
}
