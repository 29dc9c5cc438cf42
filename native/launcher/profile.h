// Compiled system-call filters, by name. They are read once, at start, from a directory of the launcher's
// own.
#ifndef HSR_PROFILE_H
#define HSR_PROFILE_H

#include "wire.h"

#include <stdbool.h>

enum { PROFILES_MAX = 16 };

struct profile {
    char name[WIRE_NAME_MAX_BYTES + 1];
    int memory; // a sealed memfd
};

struct profiles {
    struct profile list[PROFILES_MAX];
    unsigned count;
};

// Reads every <name>.<arch>.bpf of the directory. With `root` the directory and the files must belong to root
// and be writable by nobody else. Returns false after a note if one is not in order.
bool profiles_load(struct profiles *profiles, const char *dir, bool root);

// A descriptor of its own, at offset 0, for one launch (bwrap reads from where a descriptor stands). -1 if
// unknown.
int profile_open(const struct profiles *profiles, const char *name);

#endif
