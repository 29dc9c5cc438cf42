// One leaf's figures: what a sandbox uses, as the kernel counts it from outside.
#include "cgroup.h"

#include "io.h"

#include <stdlib.h>
#include <string.h>

static uint64_t read_number(const struct cgroups *c, enum tree tree, const char *leaf, const char *file) {
    char text[64];
    if (leaf_read(c, tree, leaf, file, text, sizeof text) <= 0) return UINT64_MAX;
    return strtoull(text, NULL, 10);
}

static uint64_t read_keyed(const struct cgroups *c, enum tree tree, const char *leaf, const char *file,
                           const char *key) {
    char text[2048];
    uint64_t value;
    if (leaf_read(c, tree, leaf, file, text, sizeof text) <= 0 || !number_after(text, key, &value))
        return UINT64_MAX;
    return value;
}

static uint64_t ns_as_us(uint64_t ns) {
    return ns == UINT64_MAX ? ns : ns / 1000;
}

static uint64_t cpu_us(const struct cgroups *c, const char *leaf) {
    // The v2 tree counts cpu time even where it has no controllers.
    uint64_t us = read_keyed(c, TREE_V2, leaf, "cpu.stat", "usage_usec");
    return us != UINT64_MAX ? us : ns_as_us(read_number(c, TREE_CPUACCT, leaf, "cpuacct.usage"));
}

void leaf_pace(const struct cgroups *c, const char *leaf, struct pace *out) {
    out->cpu_us = cpu_us(c, leaf);
    out->throttled = read_keyed(c, c->v2_controllers ? TREE_V2 : TREE_CPU, leaf, "cpu.stat", "nr_throttled");
}

void leaf_usage(const struct cgroups *c, const char *leaf, struct usage *out) {
    out->cpu_us = cpu_us(c, leaf);
    if (c->v2_controllers) {
        out->memory_peak_bytes = read_number(c, TREE_V2, leaf, "memory.peak");
        out->oom_kills = read_keyed(c, TREE_V2, leaf, "memory.events", "oom_kill");
    } else {
        out->memory_peak_bytes = read_number(c, TREE_MEMORY, leaf, "memory.max_usage_in_bytes");
        out->oom_kills = read_keyed(c, TREE_MEMORY, leaf, "memory.oom_control", "oom_kill");
    }
}

// Adds up one word ("rbytes=") over the lines of io.stat, one for each device. A group that has read and
// written nothing has no line.
static uint64_t sum_of(const char *text, const char *word) {
    uint64_t sum = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        sum += strtoull(at + strlen(word), NULL, 10);
    return sum;
}

// Version 1 counts what is written back for everybody under the root group, so its figures would be wrong.
static void read_io(const struct cgroups *c, const char *leaf, struct metrics *out) {
    static char text[65536];
    out->io_read_bytes = out->io_written_bytes = UINT64_MAX;
    if (!c->v2_controllers || leaf_read(c, TREE_V2, leaf, "io.stat", text, sizeof text) < 0) return;
    out->io_read_bytes = sum_of(text, " rbytes=");
    out->io_written_bytes = sum_of(text, " wbytes=");
}

void leaf_metrics(const struct cgroups *c, const char *leaf, struct metrics *out) {
    enum tree memory = c->v2_controllers ? TREE_V2 : TREE_MEMORY;
    leaf_usage(c, leaf, &out->usage);
    out->cpu_user_us = read_keyed(c, TREE_V2, leaf, "cpu.stat", "user_usec");
    out->cpu_system_us = read_keyed(c, TREE_V2, leaf, "cpu.stat", "system_usec");
    if (out->cpu_user_us == UINT64_MAX) {
        out->cpu_user_us = ns_as_us(read_number(c, TREE_CPUACCT, leaf, "cpuacct.usage_user"));
        out->cpu_system_us = ns_as_us(read_number(c, TREE_CPUACCT, leaf, "cpuacct.usage_sys"));
    }
    if (c->v2_controllers)
        out->cpu_throttled_us = read_keyed(c, TREE_V2, leaf, "cpu.stat", "throttled_usec");
    else
        out->cpu_throttled_us = ns_as_us(read_keyed(c, TREE_CPU, leaf, "cpu.stat", "throttled_time"));
    const char *file = c->v2_controllers ? "memory.current" : "memory.usage_in_bytes";
    out->memory_bytes = read_number(c, memory, leaf, file);
    out->pids = read_number(c, c->v2_controllers ? TREE_V2 : TREE_PIDS, leaf, "pids.current");
    read_io(c, leaf, out);
}
