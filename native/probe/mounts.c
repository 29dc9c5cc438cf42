/* The old mount calls. Whoever lets them through must do so in a mount namespace of its own: the control run
 * has one. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

struct filesystem {
    const char *name;
    const char *type;
};

static const struct filesystem filesystems[] = {
    {"tmpfs", "tmpfs"},   {"proc", "proc"},     {"sysfs", "sysfs"},     {"cgroup2", "cgroup2"},
    {"devpts", "devpts"}, {"mqueue", "mqueue"}, {"overlay", "overlay"},
};

static char place[] = "/tmp/hsr-probe-XXXXXX";

static void mount_one(struct outcome *out, const void *argument) {
    const struct filesystem *filesystem = argument;
    if (mkdtemp(place) == NULL) {
        outcome_of(out, -1);
        return;
    }
    const char *data = strcmp(filesystem->type, "overlay") == 0 ? "lowerdir=/usr:/etc" : NULL;
    int result = mount("none", place, filesystem->type, 0, data);
    outcome_of(out, result);
    if (result == 0) umount2(place, MNT_DETACH);
    rmdir(place);
}

static void mount_bind(struct outcome *out, const void *unused) {
    if (mkdtemp(place) == NULL) {
        outcome_of(out, -1);
        return;
    }
    int result = mount("/", place, NULL, MS_BIND, NULL);
    outcome_of(out, result);
    if (result == 0) umount2(place, MNT_DETACH);
    rmdir(place);
}

/* Remounts the root with the flags that it has: what makes it writable is the same call. */
static void remount(struct outcome *out, const void *unused) {
    struct statvfs state;
    unsigned long kept =
        ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC; /* the same bits as MS_RDONLY and so on */
    if (statvfs("/", &state) != 0) {
        outcome_of(out, -1);
        return;
    }
    outcome_of(out, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | (state.f_flag & kept), NULL));
}

/* MNT_EXPIRE only marks a mount, and fails with EBUSY or EAGAIN where it may. */
static void unmount(struct outcome *out, const void *unused) {
    outcome_of(out, umount2("/proc", MNT_EXPIRE));
}

static void pivot(struct outcome *out, const void *unused) {
    outcome_of(out, syscall(__NR_pivot_root, "/", "/"));
}

static void change_root(struct outcome *out, const void *unused) {
    outcome_of(out, chroot("/"));
}

static const mode_t kinds[] = {S_IFCHR, S_IFBLK};

static void make_device(struct outcome *out, const void *argument) {
    if (mkdtemp(place) == NULL || chdir(place) != 0) {
        outcome_of(out, -1);
        return;
    }
    /* The numbers of /dev/null; as a block device they are a RAM disk's. */
    int result = mknod("node", *(const mode_t *)argument | 0600, (1 << 8) | 3);
    outcome_of(out, result);
    unlink("node");
    rmdir(place);
}

static void nosuid(struct outcome *out, const void *argument) {
    struct statvfs state;
    if (statvfs(argument, &state) != 0) {
        outcome_of(out, -1);
        return;
    }
    outcome_if(out, (state.f_flag & ST_NOSUID) == 0, "%s%s", state.f_flag & ST_NOSUID ? "nosuid" : "suid",
               state.f_flag & ST_RDONLY ? ", read-only" : "");
}

static void nodev(struct outcome *out, const void *argument) {
    struct statvfs state;
    if (statvfs(argument, &state) != 0) {
        outcome_of(out, -1);
        return;
    }
    /* ST_NODEV is in sys/statvfs.h for GNU sources. */
    outcome_if(out, (state.f_flag & ST_NODEV) == 0, "%s", state.f_flag & ST_NODEV ? "nodev" : "dev");
}

void add_mount_probes(void) {
    for (size_t i = 0; i < sizeof filesystems / sizeof filesystems[0]; i++)
        probe_add("mount_", filesystems[i].name, mount_one, &filesystems[i]);
    probe_add("mount_", "bind", mount_bind, NULL);
    probe_add("mount_", "remount", remount, NULL);
    probe_add("mount_", "umount", unmount, NULL);
    probe_add("mount_", "pivot_root", pivot, NULL);
    probe_add("mount_", "chroot", change_root, NULL);
    probe_add("mknod_", "character", make_device, &kinds[0]);
    probe_add("mknod_", "block", make_device, &kinds[1]);
    probe_add("suid_", "tmp", nosuid, "/tmp");
    probe_add("suid_", "workspace", nosuid, "/workspace");
    probe_add("suid_", "shm", nosuid, "/dev/shm");
    probe_add("suid_", "usr", nosuid, "/usr");
    probe_add("dev_", "tmp", nodev, "/tmp");
    probe_add("dev_", "workspace", nodev, "/workspace");
}
