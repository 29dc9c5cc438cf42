// The mounter: a process of root's beside the worker, in a mount namespace of its own that still sees what
// the host mounts. It opens what the operator's list names and keeps the volumes, both of which may wait for
// a disk; the worker never does.
#ifndef HSR_MOUNTER_H
#define HSR_MOUNTER_H

#include "config.h"
#include "mounts.h"

#include <stdint.h>
#include <sys/types.h>

enum mounter_order_kind {
    MOUNTER_OPEN,    // gives a descriptor for each mount of a launch
    MOUNTER_CREATE,  // a volume
    MOUNTER_REMOVE,  // a volume that nobody uses
    MOUNTER_LIST,    // volumes
    MOUNTER_RELEASE, // nobody uses the volume any more; has no report
};

struct mounter_order {
    enum mounter_order_kind kind;
    uint32_t job;
    char owner[WIRE_NAME_MAX_BYTES + 1];
    char volume[WIRE_NAME_MAX_BYTES + 1];
    uint64_t bytes;
    uint64_t inodes;
    uint64_t first_id; // of the sandbox's range
    unsigned count;
    struct mount_wish wishes[MOUNTS_MAX];
};

struct mounter_report {
    uint32_t job;
    char code[16]; // the error's, empty if all is well
    char text[120];
    bool more; // another report of this job follows
    unsigned count;
    bool file[MOUNTS_MAX]; // not a folder
    uint64_t file_bytes;   // how long a file in what it may write may be; 0 if it may write nothing
    char volume[WIRE_NAME_MAX_BYTES + 1];
    uint64_t bytes;
    uint64_t inodes;
};

// Forks it. Returns the worker's end of a socketpair, or -1. To be called before the worker leaves the host's
// mounts. `listener` is closed in it.
int mounter_start(const struct config *config, const struct mount_list *list, int listener, pid_t *pid);

#endif
