/* Linked into test builds of launcher and agent only. */
#include "../walls.h"

#include <string.h>

static const char *const names[WALL_COUNT] = {
    [WALL_ID_RANGE] = "id-range",
    [WALL_GUEST_ID] = "guest-id",
    [WALL_CAPABILITIES] = "capabilities",
    [WALL_PID_NAMESPACE] = "pid-namespace",
    [WALL_NET_NAMESPACE] = "net-namespace",
    [WALL_IPC_NAMESPACE] = "ipc-namespace",
    [WALL_UTS_NAMESPACE] = "uts-namespace",
    [WALL_CGROUP_NAMESPACE] = "cgroup-namespace",
    [WALL_NESTED_NAMESPACES] = "nested-namespaces",
    [WALL_PROC_SYS] = "proc-sys",
    [WALL_PROC_MASKS] = "proc-masks",
    [WALL_READ_ONLY_ROOT] = "read-only-root",
    [WALL_READ_ONLY_BINDS] = "read-only-binds",
    [WALL_OWN_ROOT] = "own-root",
    [WALL_DISK_BYTES] = "disk-bytes",
    [WALL_DISK_INODES] = "disk-inodes",
    [WALL_TERMINALS] = "terminals",
    [WALL_FILE_BYTES] = "file-bytes",
    [WALL_LOCKED_MEMORY] = "locked-memory",
    [WALL_MESSAGE_QUEUES] = "message-queues",
    [WALL_CORE_DUMPS] = "core-dumps",
    [WALL_MEMORY] = "memory",
    [WALL_PIDS] = "pids",
    [WALL_CPU] = "cpu",
    [WALL_DEADLINE] = "deadline",
    [WALL_LAUNCHER_DESCRIPTORS] = "launcher-descriptors",
    [WALL_AGENT_DESCRIPTORS] = "agent-descriptors",
    [WALL_MOUNT_PATHS] = "mount-paths",
    [WALL_MOUNT_READ_ONLY] = "mount-read-only",
    [WALL_MOUNT_DEVICES] = "mount-devices",
    [WALL_DUMPABLE] = "dumpable",
};

static bool gone[WALL_COUNT];

bool wall_stands(enum wall wall) {
    return !gone[wall];
}

bool wall_take_away(const char *name) {
    for (int wall = 0; wall < WALL_COUNT; wall++) {
        if (strcmp(names[wall], name) != 0) continue;
        gone[wall] = true;
        /* An agent that believes to be alone in its pid namespace kills all that it may; as the host's root
         * that is everything. */
        return !gone[WALL_PID_NAMESPACE] || !gone[WALL_ID_RANGE];
    }
    return false;
}

const char *wall_name(enum wall wall) {
    return names[wall];
}
