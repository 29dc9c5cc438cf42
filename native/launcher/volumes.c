#include "volumes.h"

#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// In the volumes' folder: <name>/image, <name>/quota, <name>/mnt (where it is mounted, seen by the mounter
// only). Names that begin with a dot are under way into being or out of it.
enum { BLOCK_BYTES = 4096 };

static int base = -1;
static char base_path[400];
static const char *mke2fs;
static const char *tune2fs;

static bool fail(struct mounter_report *report, const char *code, const char *text) {
    snprintf(report->code, sizeof report->code, "%s", code);
    snprintf(report->text, sizeof report->text, "%s", text);
    return false;
}

static const char *program(const char *const *places) {
    for (; *places; places++)
        if (access(*places, X_OK) == 0) return *places;
    return NULL;
}

// Removes one folder of a volume with what we put in it.
static void remove_folder(const char *folder) {
    static const char *const parts[] = {"image", "quota"};
    char path[160];
    for (unsigned i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, parts[i]);
        unlinkat(base, path, 0);
    }
    snprintf(path, sizeof path, "%s/mnt", folder);
    unlinkat(base, path, AT_REMOVEDIR);
    unlinkat(base, folder, AT_REMOVEDIR);
}

bool volumes_open(const char *dir, char *why, size_t cap) {
    struct stat info;
    mke2fs = program((const char *const[]){"/usr/sbin/mke2fs", "/sbin/mke2fs", NULL});
    tune2fs = program((const char *const[]){"/usr/sbin/tune2fs", "/sbin/tune2fs", NULL});
    snprintf(why, cap, "mke2fs and tune2fs are not installed (e2fsprogs)");
    if (!mke2fs || !tune2fs) return false;
    snprintf(why, cap, "this host has no loop devices");
    if (access("/dev/loop-control", R_OK | W_OK) != 0) return false;
    snprintf(base_path, sizeof base_path, "%s", dir);
    snprintf(why, cap, "the folder cannot be made, or is not root's alone");
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) return false;
    base = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (base < 0 || fstat(base, &info) != 0 || info.st_uid != 0 || (info.st_mode & 077)) return false;
    // Two launchers would sweep away what the other makes.
    snprintf(why, cap, "another launcher has the folder");
    if (flock(base, LOCK_EX | LOCK_NB) != 0) return false;
    DIR *list = fdopendir(openat(base, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC));
    struct dirent *entry;
    while (list && (entry = readdir(list)))
        if (entry->d_name[0] == '.' && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strlen(entry->d_name) < 100)
            remove_folder(entry->d_name);
    if (list) closedir(list);
    return list != NULL;
}

// Runs a program of e2fsprogs on an open image, under an id that has no right on the host.
static bool run_on(int image, uid_t nobody, const char *file, const char *const *args) {
    if (fchown(image, nobody, nobody) != 0) return false;
    pid_t pid = fork();
    if (pid == 0) {
        const char *argv[16] = {file};
        unsigned count = 1;
        while (*args && count < 14)
            argv[count++] = *args++;
        argv[count] = "/proc/self/fd/3";
        int null = open("/dev/null", O_RDWR);
        // Its own number may be 3, and then it would be closed.
        int high = fcntl(image, F_DUPFD, 10);
        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(high, 3) < 0)
            _exit(126);
        close_range(4, ~0u, 0);
        if (setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0) _exit(126);
        execve(file, (char *const *)argv, (char *const[]){"MKE2FS_SYNC=0", NULL});
        _exit(127);
    }
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return fchown(image, 0, 0) == 0 && pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Gives the image a loop device. The lock on the image goes with it: it is free again only when no mount of
// it is left anywhere, so one image never has two file systems at work. Returns the device or -1.
static int take_loop(int image, char path[32]) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int device = -1;
    for (int tries = 0; control >= 0 && device < 0 && tries < 64; tries++) {
        struct loop_config config = {.fd = (uint32_t)image, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) break;
        snprintf(path, 32, "/dev/loop%d", number);
        device = open(path, O_RDWR | O_CLOEXEC);
        if (device < 0 || ioctl(device, LOOP_CONFIGURE, &config) == 0) break;
        // Somebody else took it between the question and now.
        int error = errno;
        close(device);
        device = -1;
        if (error != EBUSY) break;
    }
    if (control >= 0) close(control);
    return device;
}

// Waits a little for the lock: the mounts of a sandbox that has just ended may still be on their way out.
static bool lock_image(int image) {
    for (int tries = 0; tries < 200; tries++) {
        if (flock(image, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

// Mounts <folder>/image at <folder>/mnt.
static bool mount_image(const char *folder, struct mounter_report *report) {
    char path[160];
    char at[600];
    char device_path[32] = "";
    snprintf(path, sizeof path, "%s/image", folder);
    int image = openat(base, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (image < 0) return fail(report, "unknown_mount", "there is no such volume");
    if (!lock_image(image)) {
        close(image);
        return fail(report, "in_use", "the volume is still being let go of");
    }
    int device = take_loop(image, device_path);
    close(image);
    if (device < 0) return fail(report, "failed", "no loop device is free");
    snprintf(at, sizeof at, "%s/%s/mnt", base_path, folder);
    int mounted = mount(device_path, at, "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME, "errors=remount-ro");
    close(device);
    return mounted == 0 || fail(report, "failed", "the volume's file system cannot be mounted");
}

static void unmount_image(const char *folder) {
    char at[600];
    snprintf(at, sizeof at, "%s/%s/mnt", base_path, folder);
    umount2(at, MNT_DETACH);
}

static bool is_mounted(const char *folder) {
    char path[160];
    struct stat outside;
    struct stat inside;
    snprintf(path, sizeof path, "%s/mnt", folder);
    return fstatat(base, folder, &outside, 0) == 0 && fstatat(base, path, &inside, 0) == 0 &&
           outside.st_dev != inside.st_dev;
}

static bool read_quota(const char *folder, char owner[WIRE_NAME_MAX_BYTES + 1], uint64_t *bytes,
                       uint64_t *inodes) {
    char path[160];
    char text[160];
    unsigned long long numbers[2];
    snprintf(path, sizeof path, "%s/quota", folder);
    if (read_at(base, path, text, sizeof text) <= 0) return false;
    if (sscanf(text, "%63s %llu %llu", owner, &numbers[0], &numbers[1]) != 3) return false;
    if (strcmp(owner, "-") == 0) owner[0] = 0;
    *bytes = numbers[0];
    *inodes = numbers[1];
    return true;
}

static bool write_quota(const char *folder, const struct mounter_order *order) {
    char path[160];
    char text[160];
    snprintf(path, sizeof path, "%s/quota", folder);
    int size = snprintf(text, sizeof text, "%s %llu %llu\n", order->owner[0] ? order->owner : "-",
                        (unsigned long long)order->bytes, (unsigned long long)order->inodes);
    int fd = openat(base, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool good = write(fd, text, (size_t)size) == size && fsync(fd) == 0;
    close(fd);
    return good;
}

// The file system's root is ours; what a sandbox gets is a folder in it. What is free beyond the quota is set
// aside for the host's root, whom no sandbox is, so the quota holds to the block. `*spare` are these blocks.
static bool furnish(const char *folder, uint64_t bytes, uint64_t kept, uint64_t *spare,
                    struct mounter_report *report) {
    char path[160];
    struct statvfs space;
    if (!mount_image(folder, report)) return false;
    snprintf(path, sizeof path, "%s/mnt/data", folder);
    bool good = mkdirat(base, path, 0755) == 0 && fchownat(base, path, GUEST_UID, GUEST_GID, 0) == 0;
    int root = openat(base, path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    good = good && root >= 0 && fstatvfs(root, &space) == 0 && syncfs(root) == 0;
    if (root >= 0) close(root);
    unmount_image(folder);
    if (!good || space.f_bfree < bytes / BLOCK_BYTES + kept)
        return fail(report, "failed", "the volume's file system has not the room that it should");
    *spare = space.f_bfree - bytes / BLOCK_BYTES - kept;
    return true;
}

static bool make_image(const char *folder, const struct mounter_order *order, struct mounter_report *report) {
    char path[160];
    char inodes[32];
    char reserved[32];
    uint64_t spare;
    // Beside the files: inodes of 256 bytes, bitmaps and group tables, the journal.
    uint64_t size = order->bytes + order->bytes / 16 + order->inodes * 256 + (UINT64_C(8) << 20);
    size = (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    // What ext4 itself keeps back at each mount.
    uint64_t kept = size / BLOCK_BYTES / 50;
    if (kept > 4096) kept = 4096;
    snprintf(path, sizeof path, "%s/mnt", folder);
    if (mkdirat(base, path, 0700) != 0) return fail(report, "failed", "the volume's folder cannot be made");
    snprintf(path, sizeof path, "%s/image", folder);
    int image = openat(base, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (image < 0) return fail(report, "failed", "the volume's file cannot be made");
    snprintf(inodes, sizeof inodes, "%llu", (unsigned long long)order->inodes + 16);
    const char *const make[] = {"-q",          "-F", "-text4", "-b4096", "-m0", "-Jsize=4", "-O^resize_inode",
                                "-Enodiscard", "-N", inodes,   NULL};
    uid_t nobody = (uid_t)order->first_id;
    // Taken now and whole: a disk that is full later would take the guest's data with it.
    bool good = fallocate(image, 0, 0, (off_t)size) == 0;
    if (!good) fail(report, "no_room", "the host's disk has not the room for it");
    if (good && !(good = run_on(image, nobody, mke2fs, make)))
        fail(report, "failed", "the volume's file system cannot be made");
    good = good && furnish(folder, order->bytes, kept, &spare, report);
    if (good && !lock_image(image)) good = fail(report, "failed", "the volume's file is still in use");
    if (good) {
        snprintf(reserved, sizeof reserved, "%llu", (unsigned long long)spare);
        good =
            run_on(image, nobody, tune2fs, (const char *const[]){"-r", reserved, NULL}) && fsync(image) == 0;
        if (!good) fail(report, "failed", "the volume's quota cannot be set");
    }
    close(image);
    return good;
}

void volume_create(const struct mounter_order *order, struct mounter_report *report) {
    char folder[80];
    struct stat exists;
    if (fstatat(base, order->volume, &exists, 0) == 0) {
        fail(report, "exists", "there is a volume of this name");
        return;
    }
    snprintf(folder, sizeof folder, ".%s", order->volume);
    if (mkdirat(base, folder, 0700) != 0) {
        fail(report, "failed", "the volume's folder cannot be made");
        return;
    }
    bool good = make_image(folder, order, report) && write_quota(folder, order);
    // From here on it is there, whatever dies.
    if (good) good = renameat(base, folder, base, order->volume) == 0 && fsync(base) == 0;
    if (good) return;
    if (!report->code[0]) fail(report, "failed", "the volume cannot be made");
    remove_folder(folder);
}

static bool owned(const char *name, const char *owner, uint64_t *bytes, uint64_t *inodes) {
    char its[WIRE_NAME_MAX_BYTES + 1];
    if (name[0] == '.' || !read_quota(name, its, bytes, inodes)) return false;
    return !owner[0] || !its[0] || strcmp(owner, its) == 0;
}

void volume_remove(const struct mounter_order *order, struct mounter_report *report) {
    char folder[80];
    uint64_t bytes;
    uint64_t inodes;
    if (!owned(order->volume, order->owner, &bytes, &inodes)) {
        fail(report, "not_found", "there is no such volume");
        return;
    }
    if (is_mounted(order->volume)) unmount_image(order->volume);
    snprintf(folder, sizeof folder, ".gone-%s", order->volume);
    if (renameat(base, order->volume, base, folder) != 0)
        fail(report, "failed", "the volume cannot be removed");
    else
        remove_folder(folder);
}

bool volume_list(unsigned index, const char *owner, struct mounter_report *report) {
    DIR *list = fdopendir(openat(base, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC));
    struct dirent *entry;
    bool found = false;
    while (list && !found && (entry = readdir(list))) {
        if (strlen(entry->d_name) > WIRE_NAME_MAX_BYTES) continue;
        if (!owned(entry->d_name, owner, &report->bytes, &report->inodes) || index-- > 0) continue;
        snprintf(report->volume, sizeof report->volume, "%.63s", entry->d_name);
        found = true;
    }
    if (list) closedir(list);
    return found;
}

int volume_attach(const char *owner, const char *name, struct mounter_report *report, uint64_t *bytes) {
    char path[160];
    uint64_t inodes;
    if (!owned(name, owner, bytes, &inodes)) {
        fail(report, "unknown_mount", "there is no such volume");
        return -1;
    }
    if (!is_mounted(name) && !mount_image(name, report)) return -1;
    snprintf(path, sizeof path, "%s/mnt/data", name);
    int fd = openat(base, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) fail(report, "failed", "the volume has lost its root");
    return fd;
}

void volume_release(const char *name) {
    if (is_mounted(name)) unmount_image(name);
}
