#include "mounts.h"

#include "../common/walls.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A path without empty parts, `.` and `..`, and without control characters.
static bool tidy(const char *path) {
    for (const char *at = path;; at++) {
        size_t size = strcspn(at, "/");
        if (size == 0 || (size == 1 && at[0] == '.') || (size == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        for (size_t i = 0; i < size; i++)
            if ((unsigned char)at[i] < ' ' || at[i] == 0x7f) return false;
        at += size;
        if (!*at) return true;
    }
}

static bool below(const char *path, const char *folder) {
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == 0 || path[size] == '/');
}

// Places in the sandbox that are the jail's own.
static bool target_good(const char *target) {
    static const char *const taken[] = {"/proc", "/sys", "/dev",   "/usr",   "/etc",    "/bin",
                                        "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt/hsr"};
    if (target[0] != '/' || !tidy(target + 1)) return false;
    for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
        if (below(target, taken[i])) return false;
    // A mount over it would take our programs with it.
    return strcmp(target, "/opt") != 0;
}

// The next text of a field, copied with an end; `*at` moves behind its zero.
static bool text(const uint8_t **at, const uint8_t *end, char *out, size_t cap) {
    const uint8_t *zero = memchr(*at, 0, (size_t)(end - *at));
    size_t size = (size_t)((zero ? zero : end) - *at);
    if (size >= cap) return false;
    memcpy(out, *at, size);
    out[size] = 0;
    *at = zero ? zero + 1 : end;
    return true;
}

bool mount_wish_parse(const uint8_t *bytes, uint16_t size, struct mount_wish *out) {
    const uint8_t *at = bytes;
    const uint8_t *end = bytes + size;
    char access[3];
    char kind[7];
    unsigned zeroes = 0;
    for (uint16_t i = 0; i < size; i++)
        if (!bytes[i]) zeroes++;
    if (zeroes != 4) return false;
    if (!text(&at, end, access, sizeof access) || !text(&at, end, kind, sizeof kind) ||
        !text(&at, end, out->name, sizeof out->name) || !text(&at, end, out->sub, sizeof out->sub) ||
        !text(&at, end, out->target, sizeof out->target))
        return false;
    char copy[WIRE_NAME_MAX_BYTES + 1];
    struct field name = {.size = (uint16_t)strlen(out->name), .bytes = (const uint8_t *)out->name};
    out->writes = strcmp(access, "rw") == 0;
    out->volume = strcmp(kind, "volume") == 0;
    if (!out->writes && strcmp(access, "ro") != 0) return false;
    if (!out->volume && strcmp(kind, "folder") != 0) return false;
    return field_name(&name, copy) && (!out->sub[0] || tidy(out->sub) || !wall_stands(WALL_MOUNT_PATHS)) &&
           target_good(out->target);
}

bool mount_targets_overlap(const struct mount_wish *wishes, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < count; k++)
            if (i != k && below(wishes[i].target, wishes[k].target)) return true;
    return false;
}

static bool path_good(const char *path) {
    static const char *const never[] = {"/proc", "/sys", "/dev"};
    if (path[0] != '/' || !tidy(path + 1)) return false;
    for (unsigned i = 0; i < sizeof never / sizeof *never; i++)
        if (below(path, never[i])) return false;
    return true;
}

static bool take_line(struct mount_list *list, char *line) {
    line[strcspn(line, "\n")] = 0;
    line += strspn(line, " \t");
    if (!*line || *line == '#') return true;
    if (list->count == LISTED_MAX) return false;
    struct listed *next = &list->folders[list->count];
    char access[3];
    int path = 0;
    if (sscanf(line, "%63s %2s %n", next->name, access, &path) != 2 || !path) return false;
    struct field name = {.size = (uint16_t)strlen(next->name), .bytes = (const uint8_t *)next->name};
    char copy[WIRE_NAME_MAX_BYTES + 1];
    next->writable = strcmp(access, "rw") == 0;
    if (!field_name(&name, copy) || (!next->writable && strcmp(access, "ro") != 0)) return false;
    if (mount_list_find(list, next->name) || strlen(line + path) >= sizeof next->path) return false;
    strcpy(next->path, line + path);
    if (!path_good(next->path)) return false;
    list->count++;
    return true;
}

bool mount_list_read(struct mount_list *list, const char *path, bool root) {
    char line[1024];
    struct stat info;
    list->count = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!file || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        note("cannot read the list of folders %s: %s", path, file ? "it is no file" : strerror(errno));
        return false;
    }
    bool good = !root || (info.st_uid == 0 && !(info.st_mode & 022));
    if (!good) note("the list of folders %s must belong to root and be writable by nobody else", path);
    for (unsigned number = 1; good && fgets(line, sizeof line, file); number++) {
        good = take_line(list, line);
        if (!good)
            note("line %u of %s is not a new name, `ro` or `rw`, and an absolute path without links", number,
                 path);
    }
    fclose(file);
    return good;
}

const struct listed *mount_list_find(const struct mount_list *list, const char *name) {
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->folders[i].name, name) == 0) return &list->folders[i];
    return NULL;
}
