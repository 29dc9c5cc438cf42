#include "limits.h"

const char *const limit_names[LIMIT_COUNT] = {
    "memory", "pids", "cpu", "wall_time", "disk", "inodes", "output", "open_files",
};

static bool within(uint64_t value, uint64_t min, uint64_t max) {
    return value >= min && value <= max;
}

bool deadline_check(uint64_t deadline_ms) {
    return within(deadline_ms, 1, DEADLINE_MAX_MS);
}

bool volume_check(uint64_t bytes, uint64_t inodes, enum limit *which) {
    *which = LIMIT_DISK;
    if (!within(bytes, VOLUME_MIN_BYTES, VOLUME_MAX_BYTES)) return false;
    *which = LIMIT_INODES;
    return within(inodes, INODES_MIN, INODES_MAX);
}

bool limits_check(const struct limits *l, enum limit *which) {
    *which = LIMIT_MEMORY;
    if (!within(l->memory_bytes, MEMORY_MIN_BYTES, MEMORY_MAX_BYTES)) return false;
    *which = LIMIT_PIDS;
    if (!within(l->pids, PIDS_MIN, PIDS_MAX)) return false;
    *which = LIMIT_CPU;
    if (!within(l->cpu_millis, CPU_MIN_MILLIS, CPU_MAX_MILLIS)) return false;
    *which = LIMIT_WALL_TIME;
    if (!deadline_check(l->deadline_ms)) return false;
    *which = LIMIT_DISK;
    if (!within(l->disk_bytes, DISK_MIN_BYTES, DISK_MAX_BYTES)) return false;
    *which = LIMIT_INODES;
    if (!within(l->inodes, INODES_MIN, INODES_MAX)) return false;
    *which = LIMIT_OPEN_FILES;
    return within(l->open_files, OPEN_FILES_MIN, OPEN_FILES_MAX);
}
