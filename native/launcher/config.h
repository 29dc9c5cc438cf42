// How the launcher was started. Read once, never changed.
#ifndef HSR_CONFIG_H
#define HSR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct config {
    const char *socket_path;
    const char *state_dir;
    const char *agent_path;
    const char *node_path; // may be absent: then the sandbox has no Node of ours
    const char *bwrap_path;
    const char *seccomp_dir;
    const char *cgroup_name;
    const char *mounts_path; // the operator's list of folders, absent: none
    const char *volumes_dir; // absent: no volumes
    uid_t allow_uid;
    uint64_t id_base;
    uint64_t id_count;
    unsigned stems;
    bool root; // started by root: id ranges instead of one id
};

enum { RANGE_IDS = 65536 };
// Ids of the guest inside every sandbox.
enum { GUEST_UID = 1000, GUEST_GID = 1000 };

// Reads the command line. Returns false after writing what is wrong.
bool config_read(struct config *config, int argc, char **argv);

#endif
