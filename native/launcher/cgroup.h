// Control groups, version 1, version 2, or the mixture of both. One parent holds a fresh leaf per sandbox; a
// leaf that was ever killed is removed and never used again.
#ifndef HSR_CGROUP_H
#define HSR_CGROUP_H

#include "limits.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// A v1 controller's tree, or the v2 tree (which on a mixed host has no controllers but still kills and
// freezes).
enum tree { TREE_V2, TREE_MEMORY, TREE_PIDS, TREE_CPU, TREE_CPUACCT, TREE_FREEZER, TREE_COUNT };

enum { LEAF_NAME_BYTES = 32 };

struct cgroups {
    int parent[TREE_COUNT]; // directory of our parent in each tree, -1 where there is none
    char parent_path[TREE_COUNT][256];
    const char *mode; // "v1", "v2", "mixed", "none", as the facts name it
    bool v2_controllers;
    bool kill_file;     // cgroup.kill exists (Linux 5.14)
    bool swap_file;     // swap can be bounded together with memory
    limit_set enforces; // of memory, pids, cpu: found by writing a limit to a leaf and reading it back
    int error;          // why there are none, as an errno
};

// What was used, measured from outside. UINT64_MAX where this host cannot tell.
struct usage {
    uint64_t cpu_us;
    uint64_t memory_peak_bytes;
    uint64_t oom_kills;
};

// What a living sandbox uses and may use. UINT64_MAX where this host cannot tell.
struct metrics {
    struct usage usage;
    uint64_t cpu_user_us;
    uint64_t cpu_system_us;
    uint64_t cpu_throttled_us; // how long it wanted to run and was not let
    uint64_t memory_bytes;
    uint64_t pids;
    uint64_t io_read_bytes; // from and to block devices
    uint64_t io_written_bytes;
};

// How fast a sandbox goes, as far as its weight asks. UINT64_MAX where this host cannot tell.
struct pace {
    uint64_t cpu_us;
    uint64_t throttled; // in how many periods of its quota it was stopped
};

// The part of a processor that a leaf gets where several want it: the kernel's usual weight (as version 1
// counts), and the least that we give.
enum { WEIGHT_USUAL = 1024, WEIGHT_LEAST = 16 };

// Finds the trees, makes the parents, takes their lock and tries each limit. Never fails: what does not work
// is absent from `enforces`. Returns false only if another launcher holds the same parent.
bool cgroups_open(struct cgroups *cgroups, const char *name, bool root);
// Removes the parents. Only after everything in them is gone.
void cgroups_close(struct cgroups *cgroups);

// Makes a leaf in every tree. Returns 0 or an errno; after a failure nothing of it remains.
int leaf_make(const struct cgroups *cgroups, const char *leaf);
// Opens the files through which a process joins the leaf. Returns how many, or -1.
int leaf_open_procs(const struct cgroups *cgroups, const char *leaf, int out[TREE_COUNT]);
// Reads a file of the leaf as text. -1 where the tree or the file is not there.
ssize_t leaf_read(const struct cgroups *cgroups, enum tree tree, const char *leaf, const char *file,
                  char *out, size_t cap);
// Writes the limits; the answer is the set of those that the kernel took.
limit_set leaf_limit(const struct cgroups *cgroups, const char *leaf, const struct limits *limits);
void leaf_kill(const struct cgroups *cgroups, const char *leaf);
// Stops (or continues) everything in the leaf without its knowledge. Returns false where that cannot be done.
bool leaf_freeze(const struct cgroups *cgroups, const char *leaf, bool frozen);
void leaf_usage(const struct cgroups *cgroups, const char *leaf, struct usage *out);
void leaf_metrics(const struct cgroups *cgroups, const char *leaf, struct metrics *out);
void leaf_pace(const struct cgroups *cgroups, const char *leaf, struct pace *out);
// False where the kernel does not take it.
bool leaf_weigh(const struct cgroups *cgroups, const char *leaf, unsigned weight);
// Returns 0, or EBUSY as long as something lives in it.
int leaf_remove(const struct cgroups *cgroups, const char *leaf);

// Kills everything under the parents, frozen or not.
void cgroups_kill(const struct cgroups *cgroups);
// Kills everything, waits until it is dead and removes every leaf. Returns false if something was left after
// the timeout.
bool cgroups_sweep(const struct cgroups *cgroups, uint64_t timeout_ms);

#endif
