#include "ids.h"

#include "config.h"
#include "io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ids_init(struct ids *ids, uint64_t base, uint64_t count) {
    uint64_t ranges = count / RANGE_IDS;
    *ids = (struct ids){.base = base,
                        .count = ranges > 2 * SANDBOXES_MAX ? 2 * SANDBOXES_MAX : (unsigned)ranges};
}

int ids_take(struct ids *ids) {
    for (unsigned tried = 0; tried < ids->count; tried++) {
        unsigned range = ids->next;
        ids->next = (ids->next + 1) % ids->count;
        if (ids->taken[range]) continue;
        ids->taken[range] = true;
        return (int)range;
    }
    return -1;
}

void ids_give(struct ids *ids, int range) {
    if (range >= 0) ids->taken[range] = false;
}

uint64_t ids_first(const struct ids *ids, int range) {
    return ids->base + (uint64_t)range * RANGE_IDS;
}

static bool overlaps(uint64_t a, uint64_t a_count, uint64_t b, uint64_t b_count) {
    return a < b + b_count && b < a + a_count;
}

static bool promised(const char *path, uint64_t base, uint64_t count) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *first = strchr(line, ':');
        char *size = first ? strchr(first + 1, ':') : NULL;
        if (size) found = overlaps(base, count, strtoull(first + 1, NULL, 10), strtoull(size + 1, NULL, 10));
    }
    fclose(file);
    return found;
}

static bool in_use(uint64_t base, uint64_t count) {
    DIR *proc = opendir("/proc");
    if (!proc) return false;
    struct dirent *entry;
    bool found = false;
    while (!found && (entry = readdir(proc))) {
        char path[300];
        char status[2048];
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        if (read_at(AT_FDCWD, path, status, sizeof status) <= 0) continue;
        const char *uid = strstr(status, "\nUid:");
        if (uid) found = overlaps(base, count, strtoull(uid + 5, NULL, 10), 1);
    }
    closedir(proc);
    return found;
}

bool ids_free_on_host(uint64_t base, uint64_t count, char *why, size_t cap) {
    if (promised("/etc/subuid", base, count) || promised("/etc/subgid", base, count)) {
        snprintf(why, cap,
                 "the id range overlaps one of /etc/subuid or /etc/subgid; choose another with --id-base");
        return false;
    }
    if (in_use(base, count)) {
        snprintf(why, cap, "a process of this host has an id of the range; choose another with --id-base");
        return false;
    }
    return true;
}
