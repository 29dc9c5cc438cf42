// A stem: a child forked ahead of any request, already in its cgroup leaf and in namespaces of its own, that
// waits for an order, mounts the scratch space and becomes bwrap. Joining a cgroup can wait 10 ms for the
// kernel after a quiet spell; a stem has that behind it.
#ifndef HSR_STEM_H
#define HSR_STEM_H

#include "cgroup.h"
#include "config.h"
#include "mounts.h"
#include "stage.h"

#include <stdint.h>

// What a stem inherits from the worker at its fork.
struct stem_start {
    const struct config *config;
    const struct stage *stage;
    int procs[TREE_COUNT]; // through which it joins its leaf
    int proc_count;
    int control; // its end of the socketpair that becomes the agent's descriptor 4
    int errors;  // where bwrap's complaints go until the agent has spoken
};

// Worker to stem. `STEM_MAPPED` is one byte: the ids are mapped. The order comes with two descriptors: the
// gateway's connection and the system-call filter.
enum { STEM_MAPPED = 'M', STEM_ORDER = 'O' };
struct stem_order {
    uint8_t kind;
    uint64_t disk_bytes;
    uint64_t inodes;
    uint64_t open_files;
    uint64_t pids;
    uint64_t file_bytes; // how long a file may be in what is mounted; 0: nothing is to be written there
    uint32_t mount_count;
};

// After an order with mounts, each in a datagram of its own with its descriptor: a mount that is attached
// nowhere.
struct stem_mount {
    bool file; // not a folder
    bool writes;
    char target[MOUNT_TARGET_MAX_BYTES + 1];
};

// The same for the worker.
struct stem_mounts {
    unsigned count;
    uint64_t file_bytes;
    struct stem_mount list[MOUNTS_MAX];
    int fds[MOUNTS_MAX];
};

// Stem to worker: ready (with the time that joining the leaf took) or failed. The agent's own `H` follows
// later on the same socket.
enum { STEM_READY = 'R', STEM_FAILED = 'E', AGENT_HELLO = 'H' };
struct stem_report {
    uint8_t kind;
    int32_t error;
    uint32_t attach_us;
    char step[48];
};

// Runs in the child; never returns.
_Noreturn void stem_main(const struct stem_start *start);

#endif
