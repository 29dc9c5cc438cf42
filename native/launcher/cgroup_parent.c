// The parents of all leaves: finding the trees of this host, making them, killing and sweeping below them.
#include "cgroup.h"

#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const controller_of[TREE_COUNT] = {"", "memory", "pids", "cpu", "cpuacct", "freezer"};

// Whether a comma-separated list of mount options holds a word.
static bool has_word(const char *list, const char *word) {
    size_t size = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, word, size) == 0 && (at[size] == ',' || at[size] == 0)) return true;
    }
    return false;
}

static void find_mounts(char mounts[TREE_COUNT][256]) {
    FILE *file = setmntent("/proc/self/mounts", "re");
    if (!file) return;
    struct mntent *entry;
    while ((entry = getmntent(file))) {
        if (strcmp(entry->mnt_type, "cgroup2") == 0 && !mounts[TREE_V2][0])
            snprintf(mounts[TREE_V2], 256, "%s", entry->mnt_dir);
        if (strcmp(entry->mnt_type, "cgroup") != 0) continue;
        for (int tree = TREE_MEMORY; tree < TREE_COUNT; tree++)
            if (!mounts[tree][0] && has_word(entry->mnt_opts, controller_of[tree]))
                snprintf(mounts[tree], 256, "%s", entry->mnt_dir);
    }
    endmntent(file);
}

// Our own group in a tree, as /proc/self/cgroup names it ("" for the root of the tree).
static void own_group(enum tree tree, char out[256]) {
    char text[4096];
    out[0] = 0;
    if (read_at(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) <= 0) return;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path) continue;
        *controllers++ = 0;
        *path++ = 0;
        bool same = tree == TREE_V2 ? strcmp(line, "0") == 0 : has_word(controllers, controller_of[tree]);
        if (same && strcmp(path, "/") != 0) snprintf(out, 256, "%s", path);
    }
}

static int open_dir(const char *path) {
    return open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
}

// Makes <base>/<name> and opens it. Returns -1 with errno.
static int make_parent(struct cgroups *c, enum tree tree, const char *base, const char *name) {
    int written = snprintf(c->parent_path[tree], sizeof c->parent_path[tree], "%s/%s", base, name);
    if (written >= (int)sizeof c->parent_path[tree]) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (mkdir(c->parent_path[tree], 0755) != 0 && errno != EEXIST) return -1;
    return open_dir(c->parent_path[tree]);
}

static bool enable_controllers(const char *base) {
    char path[700];
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", base);
    // One by one: a host may give some of them only.
    write_at(AT_FDCWD, path, "+memory");
    write_at(AT_FDCWD, path, "+pids");
    write_at(AT_FDCWD, path, "+cpu");
    write_at(AT_FDCWD, path, "+io");
    char text[256];
    return read_at(AT_FDCWD, path, text, sizeof text) > 1;
}

// Version 2 gives controllers to children of a group only if no process is in the group itself. So under a
// delegated group (a systemd service or scope that holds only us) we step aside into <own>/<name>-launcher
// first, and back again if that was of no use.
static bool delegate(const char *own, const char *name) {
    char path[700];
    char aside[640];
    snprintf(aside, sizeof aside, "%s/%s-launcher", own, name);
    if (mkdir(aside, 0755) != 0 && errno != EEXIST) return false;
    snprintf(path, sizeof path, "%s/cgroup.procs", aside);
    write_at(AT_FDCWD, path, "0");
    if (enable_controllers(own)) return true;
    snprintf(path, sizeof path, "%s/cgroup.procs", own);
    write_at(AT_FDCWD, path, "0");
    rmdir(aside);
    return false;
}

static void open_v2(struct cgroups *c, const char *mount, const char *name, bool root, bool alone) {
    char own[256];
    char base[512];
    own_group(TREE_V2, own);
    snprintf(base, sizeof base, "%s%s", mount, own);
    // On a mixed host version 2 has no controllers, so nothing has to step aside and root takes the top.
    if (!alone && root) snprintf(base, sizeof base, "%s", mount);
    if (alone && own[0]) {
        if (!delegate(base, name) && root) snprintf(base, sizeof base, "%s", mount);
    }
    if (alone) enable_controllers(base);
    c->parent[TREE_V2] = make_parent(c, TREE_V2, base, name);
    if (c->parent[TREE_V2] < 0) c->error = errno;
    if (c->parent[TREE_V2] >= 0 && alone) c->v2_controllers = enable_controllers(c->parent_path[TREE_V2]);
}

static void open_v1(struct cgroups *c, char mounts[TREE_COUNT][256], const char *name, bool root) {
    for (int tree = TREE_MEMORY; tree < TREE_COUNT; tree++) {
        // Where version 2 kills, freezes and counts cpu time, two trees less need an attach per sandbox.
        if (c->parent[TREE_V2] >= 0 && c->kill_file && (tree == TREE_CPUACCT || tree == TREE_FREEZER))
            continue;
        if (!mounts[tree][0]) continue;
        char own[256];
        char base[512];
        own_group(tree, own);
        snprintf(base, sizeof base, "%s%s", mounts[tree], root ? "" : own);
        c->parent[tree] = make_parent(c, tree, base, name);
        if (c->parent[tree] < 0) c->error = errno;
    }
}

// Finds by doing which limits hold: a leaf, each limit written and read back.
static void try_limits(struct cgroups *c) {
    const struct limits trial = {.memory_bytes = 64 << 20, .pids = 16, .cpu_millis = 500};
    int error = leaf_make(c, "trial");
    if (error && error != EEXIST) {
        c->error = error;
        return;
    }
    char path[64];
    struct stat exists;
    snprintf(path, sizeof path, "trial/memory.memsw.limit_in_bytes");
    c->swap_file = c->parent[TREE_MEMORY] >= 0 && fstatat(c->parent[TREE_MEMORY], path, &exists, 0) == 0;
    c->enforces = leaf_limit(c, "trial", &trial);
    leaf_remove(c, "trial");
}

// Two launchers under one parent would sweep each other's sandboxes away. Waits a little, since the children
// of one that was killed a moment ago may still be on their way out.
static bool lock_parent(int parent) {
    for (int tries = 0; tries < 100; tries++) {
        if (flock(parent, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

bool cgroups_open(struct cgroups *c, const char *name, bool root) {
    char mounts[TREE_COUNT][256] = {{0}};
    *c = (struct cgroups){.mode = "none"};
    for (int tree = 0; tree < TREE_COUNT; tree++)
        c->parent[tree] = -1;
    find_mounts(mounts);
    bool v1 = mounts[TREE_MEMORY][0] || mounts[TREE_PIDS][0] || mounts[TREE_CPU][0];
    if (mounts[TREE_V2][0]) open_v2(c, mounts[TREE_V2], name, root, !v1);
    if (c->parent[TREE_V2] >= 0) {
        if (!lock_parent(c->parent[TREE_V2])) return false;
        struct stat exists;
        c->kill_file = fstatat(c->parent[TREE_V2], "cgroup.kill", &exists, 0) == 0;
    }
    if (v1) open_v1(c, mounts, name, root);
    int first = 0;
    while (first < TREE_COUNT && c->parent[first] < 0)
        first++;
    if (first == TREE_COUNT) return true;
    if (first != TREE_V2 && !lock_parent(c->parent[first])) return false;
    c->mode = !v1 ? "v2" : c->parent[TREE_V2] >= 0 ? "mixed" : "v1";
    cgroups_sweep(c, 5000);
    try_limits(c);
    return true;
}

void cgroups_close(struct cgroups *c) {
    for (int tree = 0; tree < TREE_COUNT; tree++) {
        if (c->parent[tree] < 0) continue;
        close(c->parent[tree]);
        rmdir(c->parent_path[tree]);
        c->parent[tree] = -1;
    }
}

// Calls `each` for every leaf of one tree.
static int each_leaf(const struct cgroups *c, enum tree tree,
                     void (*each)(const struct cgroups *, const char *)) {
    int copy = openat(c->parent[tree], ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    if (!dir) return 0;
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || strlen(entry->d_name) >= LEAF_NAME_BYTES)
            continue;
        count++;
        each(c, entry->d_name);
    }
    closedir(dir);
    return count;
}

static void remove_one(const struct cgroups *c, const char *leaf) {
    leaf_remove(c, leaf);
}

void cgroups_kill(const struct cgroups *c) {
    // A process joins version 2 first, so whatever sits in a version 1 leaf dies here too.
    if (c->kill_file && write_at(c->parent[TREE_V2], "cgroup.kill", "1") == 0) return;
    for (int tree = 0; tree < TREE_COUNT; tree++)
        if (c->parent[tree] >= 0) each_leaf(c, tree, leaf_kill);
}

bool cgroups_sweep(const struct cgroups *c, uint64_t timeout_ms) {
    uint64_t end = now_ns() + timeout_ms * 1000000;
    for (;;) {
        int left = 0;
        cgroups_kill(c);
        for (int tree = 0; tree < TREE_COUNT; tree++)
            if (c->parent[tree] >= 0) each_leaf(c, tree, remove_one);
        for (int tree = 0; tree < TREE_COUNT; tree++)
            if (c->parent[tree] >= 0) left += each_leaf(c, tree, remove_one);
        if (left == 0) return true;
        if (now_ns() > end) return false;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}
