// Folders and volumes that a sandbox is given: what a gateway may ask for, and the operator's list of
// folders.
#ifndef HSR_MOUNTS_H
#define HSR_MOUNTS_H

#include "wire.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MOUNTS_MAX = 8,            // of one sandbox
    MOUNT_SUB_MAX_BYTES = 255, // a path below a folder
    MOUNT_TARGET_MAX_BYTES = 127,
    LISTED_MAX = 64, // folders of the operator's list
};

// One mount as a launch asks for it. There is no path of the host in it.
struct mount_wish {
    bool volume; // else a folder of the operator's list
    bool writes;
    char name[WIRE_NAME_MAX_BYTES + 1];
    char sub[MOUNT_SUB_MAX_BYTES + 1]; // below it, "" for all of it
    char target[MOUNT_TARGET_MAX_BYTES + 1];
};

// Reads a field: five texts with zeroes between them: `ro` or `rw`, `folder` or `volume`, name, sub-path,
// target. Only their form is looked at, the target's place too.
bool mount_wish_parse(const uint8_t *bytes, uint16_t size, struct mount_wish *out);
// Whether one of the targets is another, or lies in it.
bool mount_targets_overlap(const struct mount_wish *wishes, unsigned count);

// A folder (or file) of the host that an operator lets sandboxes have.
struct listed {
    char name[WIRE_NAME_MAX_BYTES + 1];
    char path[512];
    bool writable;
};

struct mount_list {
    struct listed folders[LISTED_MAX];
    unsigned count;
};

// Reads the operator's list: lines of name, `ro` or `rw`, and a path; `#` begins a comment. Where root reads
// it, it must be root's and nobody else's to write. False after a note.
bool mount_list_read(struct mount_list *list, const char *path, bool root);
const struct listed *mount_list_find(const struct mount_list *list, const char *name);

#endif
