// What bounds a sandbox, and every bound of the launcher itself. Units are in the names.
#ifndef HSR_LIMITS_H
#define HSR_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

// The order is that of the bits in a limit set and of `limit_names`.
enum limit {
    LIMIT_MEMORY,
    LIMIT_PIDS,
    LIMIT_CPU,
    LIMIT_WALL_TIME,
    LIMIT_DISK,
    LIMIT_INODES,
    LIMIT_OUTPUT,
    LIMIT_OPEN_FILES,
    LIMIT_COUNT,
};

// A set of limits: bit `1 << limit`.
typedef uint32_t limit_set;

extern const char *const limit_names[LIMIT_COUNT];

// The limits of one launch. All are set; a request that leaves one out is refused.
struct limits {
    uint64_t memory_bytes;
    uint64_t pids;
    uint64_t cpu_millis; // thousandths of a core
    uint64_t deadline_ms;
    uint64_t disk_bytes;
    uint64_t inodes;
    uint64_t open_files;
};

// Below these the jail itself does not start; above them a number is a mistake or an attack.
enum {
    MEMORY_MIN_BYTES = 4 << 20,
    PIDS_MIN = 3, // the monitor of bwrap, the agent, one guest process
    PIDS_MAX = 1 << 20,
    CPU_MIN_MILLIS = 10, // the kernel's least quota is 1 ms of 100 ms
    CPU_MAX_MILLIS = 1024 * 1000,
    DISK_MIN_BYTES = 64 << 10,
    INODES_MIN = 16,
    INODES_MAX = 1 << 24,
    OPEN_FILES_MIN = 16,
    OPEN_FILES_MAX = 1 << 20,
};
#define MEMORY_MAX_BYTES (UINT64_C(1) << 42)
#define DISK_MAX_BYTES (UINT64_C(1) << 42)
// A volume may be as large as a disk; below a megabyte its own tables are larger than it.
#define VOLUME_MIN_BYTES (UINT64_C(1) << 20)
#define VOLUME_MAX_BYTES (UINT64_C(1) << 42)
// A quarter of a year, and a renewal may go as far again: a longer time is a mistake, not a wish.
#define DEADLINE_MAX_MS (UINT64_C(92) * 24 * 3600 * 1000)

enum {
    SANDBOXES_MAX = 1024,      // living ones, stems included; each costs three descriptors
    CONNECTIONS_MAX = 256,     // that are not yet an agent's
    REQUEST_TIMEOUT_MS = 5000, // from accept to a whole first request
    START_TIMEOUT_MS = 10000,  // from the launch to the agent's first word
    OUTBOX_MAX_BYTES = 262144, // replies and events that a control connection has not read yet
    KILL_WAITERS_MAX = 8,      // requests that wait for the end of one sandbox
    ENDED_MAX = 2048,          // ends that are remembered: every sandbox's at one time, and as many more
    EXPIRED_GRACE_MS =
        30000,              // a sandbox past its deadline waits so long, frozen, for a gateway that restarts
    MOUNT_JOBS_MAX = 64,    // requests for mounts and volumes under way
    JOINED_GRACE_MS = 2000, // and lives so long after one has joined it
    STOP_TIMEOUT_MS = 5000, // from SIGTERM to the worker's exit
    BEAT_MS = 1000,         // how often the worker shows the guardian that it works, at least
    STARVED_BEATS_MAX = 60, // the same, if nobody stopped it: a host without memory or processor is slow
    SILENT_BEATS_MAX = 10,  // looks of the guardian in a row that found no new one: then the worker is killed
};

// False if a number is out of its bounds; `*which` names it.
bool limits_check(const struct limits *limits, enum limit *which);
// The same for a deadline that comes alone.
bool deadline_check(uint64_t deadline_ms);
// The same for a volume.
bool volume_check(uint64_t bytes, uint64_t inodes, enum limit *which);

#endif
