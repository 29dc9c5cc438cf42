/* The walls around a guest, by name, so that tests can take them away one by one: a security test shows
 * something only if its attack succeeds without the wall. Only a build with HSR_TEST_WALLS can do that; in
 * every other build the question below is a constant and the names do not exist. */
#ifndef HSR_WALLS_H
#define HSR_WALLS_H

#include <stdbool.h>

enum wall {
    WALL_ID_RANGE,     /* sandbox ids are not the host's: without it id 0 inside is the host's root */
    WALL_GUEST_ID,     /* guests run under another id than the agent */
    WALL_CAPABILITIES, /* the jail keeps few and a guest none */
    WALL_PID_NAMESPACE,
    WALL_NET_NAMESPACE,
    WALL_IPC_NAMESPACE,
    WALL_UTS_NAMESPACE,
    WALL_CGROUP_NAMESPACE,
    WALL_NESTED_NAMESPACES, /* user.max_user_namespaces is 0 inside */
    WALL_PROC_SYS,          /* /proc/sys is read-only */
    WALL_PROC_MASKS,        /* what tells about the host in /proc is covered */
    WALL_READ_ONLY_ROOT,    /* the root and /dev are remounted read-only */
    WALL_READ_ONLY_BINDS,   /* what comes from outside is bound read-only */
    WALL_OWN_ROOT,          /* the guest's root is not the host's; without it that lies at /host */
    WALL_DISK_BYTES,
    WALL_DISK_INODES,
    WALL_TERMINALS,      /* how many a sandbox may have */
    WALL_FILE_BYTES,     /* RLIMIT_FSIZE */
    WALL_LOCKED_MEMORY,  /* RLIMIT_MEMLOCK */
    WALL_MESSAGE_QUEUES, /* RLIMIT_MSGQUEUE */
    WALL_CORE_DUMPS,     /* RLIMIT_CORE */
    WALL_MEMORY,
    WALL_PIDS,
    WALL_CPU,
    WALL_DEADLINE,
    WALL_LAUNCHER_DESCRIPTORS, /* the launcher closes what it does not hand over; without it one is leaked on
                                  purpose */
    WALL_AGENT_DESCRIPTORS,    /* the agent closes what a guest is not given */
    WALL_MOUNT_PATHS,          /* a path below a folder of the operator's list never leaves it */
    WALL_MOUNT_READ_ONLY,      /* a mount that is asked for read-only is */
    WALL_MOUNT_DEVICES,        /* device nodes in a mount are dead */
    WALL_DUMPABLE,             /* the agent's memory is closed to processes of its own id */
    WALL_COUNT
};

#ifdef HSR_TEST_WALLS
bool wall_stands(enum wall wall);
/* Takes one away by its name. False for a name that no wall has. */
bool wall_take_away(const char *name);
const char *wall_name(enum wall wall);
#else
static inline bool wall_stands(enum wall wall) {
    (void)wall;
    return true;
}
#endif

#endif
