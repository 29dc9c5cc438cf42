#include "profile.h"

#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH "x86_64"
#elif defined(__aarch64__)
#define ARCH "aarch64"
#else
#error "no system-call profiles for this architecture"
#endif

// The kernel takes at most 4096 instructions of eight bytes.
enum { FILTER_MAX_BYTES = 4096 * 8 };

static int load(int dir, const char *file, bool root) {
    uint8_t bytes[FILTER_MAX_BYTES + 1];
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -1;
    struct stat info;
    bool good = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 && info.st_size % 8 == 0 &&
                info.st_size <= FILTER_MAX_BYTES && (!root || (info.st_uid == 0 && !(info.st_mode & 022)));
    ssize_t size = good ? read(fd, bytes, sizeof bytes) : -1;
    close(fd);
    if (size != (ssize_t)info.st_size) return -1;
    int memory = memfd_create("seccomp", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0) return -1;
    if (write(memory, bytes, (size_t)size) != size ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        close(memory);
        return -1;
    }
    return memory;
}

// The profile's name if `file` is <name>.<arch>.bpf of this machine.
static bool name_of(const char *file, char out[WIRE_NAME_MAX_BYTES + 1]) {
    static const char suffix[] = "." ARCH ".bpf";
    size_t size = strlen(file);
    if (size <= sizeof suffix - 1 || size - (sizeof suffix - 1) > WIRE_NAME_MAX_BYTES) return false;
    size -= sizeof suffix - 1;
    if (strcmp(file + size, suffix) != 0) return false;
    struct field field = {.size = (uint16_t)size, .bytes = (const uint8_t *)file};
    return field_name(&field, out);
}

bool profiles_load(struct profiles *profiles, const char *path, bool root) {
    profiles->count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        note("cannot open the directory of system-call profiles: %s", strerror(errno));
        return false;
    }
    struct stat info;
    bool good = true;
    if (root && (fstat(dirfd(dir), &info) != 0 || info.st_uid != 0 || (info.st_mode & 022))) {
        note("the directory of system-call profiles must belong to root and be writable by nobody else");
        good = false;
    }
    struct dirent *entry;
    while (good && (entry = readdir(dir))) {
        struct profile *next = &profiles->list[profiles->count];
        if (profiles->count == PROFILES_MAX || !name_of(entry->d_name, next->name)) continue;
        next->memory = load(dirfd(dir), entry->d_name, root);
        if (next->memory < 0) {
            note("system-call profile %s is not usable: it must be a root-owned regular file of BPF",
                 next->name);
            good = false;
        }
        profiles->count++;
    }
    closedir(dir);
    if (good && profiles->count == 0) {
        note("no system-call profile for " ARCH " was found");
        good = false;
    }
    return good;
}

int profile_open(const struct profiles *profiles, const char *name) {
    for (unsigned i = 0; i < profiles->count; i++) {
        if (strcmp(profiles->list[i].name, name) != 0) continue;
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", profiles->list[i].memory);
        return open(path, O_RDONLY | O_CLOEXEC);
    }
    return -1;
}
