#include "mounter.h"

#include "../common/walls.h"
#include "idmap.h"
#include "io.h"
#include "volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct mount_list *listed;
static bool volumes_offered;

static bool refuse(struct mounter_report *report, const char *code, const char *text) {
    snprintf(report->code, sizeof report->code, "%s", code);
    snprintf(report->text, sizeof report->text, "%s", text);
    return false;
}

// Opens without a link on the way. A rename beside it can make the kernel give up in the middle; then again.
static int open_no_links(int dir, const char *path, uint64_t more) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | more};
    long fd = -1;
    for (int tries = 0; tries < 64; tries++) {
        fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) break;
    }
    return (int)fd;
}

// The thing below `root`, itself if there is no sub-path. Closes `root`.
static int descend(int root, const char *sub) {
    if (!sub[0]) return root;
    int fd = wall_stands(WALL_MOUNT_PATHS) ? open_no_links(root, sub, RESOLVE_BENEATH | RESOLVE_NO_XDEV)
                                           : openat(root, sub, O_PATH | O_CLOEXEC);
    int error = errno;
    close(root);
    errno = error;
    return fd;
}

// Where ids of the host's disk appear as ids of the sandbox.
static int map_for(const struct mounter_order *order, const struct mount_wish *wish,
                   const struct stat *root) {
    if (wish->volume) return idmap_open(0, order->first_id, 0, order->first_id, RANGE_IDS);
    // Only the folder's owner is somebody in the sandbox, its guest: nothing can be made in another's name.
    return idmap_open(root->st_uid, order->first_id + GUEST_UID, root->st_gid, order->first_id + GUEST_GID,
                      1);
}

// A mount of its own of what `fd` names, not attached anywhere.
static int clone_mount(const struct mounter_order *order, const struct mount_wish *wish, int fd,
                       const struct stat *root, struct mounter_report *report) {
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID};
    if (wall_stands(WALL_MOUNT_DEVICES)) attr.attr_set |= MOUNT_ATTR_NODEV;
    if (!wish->writes && wall_stands(WALL_MOUNT_READ_ONLY)) attr.attr_set |= MOUNT_ATTR_RDONLY;
    bool mapped = wish->volume || wish->writes;
    int map = mapped ? map_for(order, wish, root) : -1;
    if (mapped && map < 0) {
        refuse(report, "failed", "no map of ids can be made now");
        return -1;
    }
    if (mapped) {
        attr.attr_set |= MOUNT_ATTR_IDMAP;
        attr.userns_fd = (uint64_t)map;
    }
    // Without what is mounted below it: an operator names one file system.
    int tree = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0) {
        refuse(report, "failed", "it cannot be mounted now");
    } else if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) != 0) {
        refuse(report, "unsupported",
               "its file system cannot map ids, so it can be mounted read-only at most");
        close(tree);
        tree = -1;
    }
    if (map >= 0) close(map);
    return tree;
}

static int open_listed(const struct mount_wish *wish, struct stat *root, struct mounter_report *report) {
    const struct listed *entry = mount_list_find(listed, wish->name);
    int fd = -1;
    if (!entry) {
        refuse(report, "unknown_mount", "the operator's list has no such folder");
    } else if (wish->writes && !entry->writable) {
        refuse(report, "read_only", "the operator's list gives this folder read-only");
    } else if ((fd = open_no_links(AT_FDCWD, entry->path, 0)) < 0 || fstat(fd, root) != 0) {
        refuse(report, "bad_path", "the folder that the list names is not there, or has a link on its way");
    } else if (wish->writes && (root->st_uid == 0 || root->st_gid == 0)) {
        // Programs with root's set-id bits could be left there for the host.
        refuse(report, "unsupported", "a folder that belongs to root is mounted read-only at most");
    } else {
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

static int open_one(const struct mounter_order *order, const struct mount_wish *wish, unsigned index,
                    struct mounter_report *report) {
    struct stat root;
    struct stat info;
    uint64_t bytes = UINT64_C(1) << 42; // where only the operator's own disk bounds it
    int fd = wish->volume ? volume_attach(order->owner, wish->name, report, &bytes)
                          : open_listed(wish, &root, report);
    if (fd < 0) return -1;
    fd = descend(fd, wish->sub);
    if (fd < 0 || fstat(fd, &info) != 0 || (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))) {
        refuse(report, "bad_path", "the sub-path is no folder or file below it, or has a link on its way");
        if (fd >= 0) close(fd);
        return -1;
    }
    report->file[index] = S_ISREG(info.st_mode);
    if (wish->writes && bytes > report->file_bytes) report->file_bytes = bytes;
    int tree = clone_mount(order, wish, fd, &root, report);
    close(fd);
    return tree;
}

static void close_all(const int *fds, unsigned count) {
    while (count > 0)
        close(fds[--count]);
}

static void send_report(int socket, const struct mounter_report *report, const int *fds, unsigned count) {
    union {
        char bytes[CMSG_SPACE(MOUNTS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec data = {(void *)report, sizeof *report};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    }
    // A worker that is gone shows at the next read.
    while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static void open_all(int socket, const struct mounter_order *order, struct mounter_report *report) {
    int fds[MOUNTS_MAX];
    for (unsigned i = 0; i < order->count; i++) {
        fds[i] = open_one(order, &order->wishes[i], i, report);
        if (fds[i] < 0) {
            close_all(fds, i);
            send_report(socket, report, NULL, 0);
            return;
        }
    }
    report->count = order->count;
    send_report(socket, report, fds, order->count);
    close_all(fds, order->count);
}

static void list_volumes(int socket, const struct mounter_order *order) {
    for (unsigned i = 0;; i++) {
        struct mounter_report one = {.job = order->job};
        one.more = volume_list(i, order->owner, &one);
        send_report(socket, &one, NULL, 0);
        if (!one.more) return;
    }
}

static void obey(int socket, const struct mounter_order *order) {
    struct mounter_report report = {.job = order->job};
    bool volumes = order->kind != MOUNTER_OPEN;
    for (unsigned i = 0; i < order->count; i++)
        if (order->wishes[i].volume) volumes = true;
    if (volumes && !volumes_offered) {
        refuse(&report, "unsupported", "this launcher has no volumes");
        send_report(socket, &report, NULL, 0);
        return;
    }
    switch (order->kind) {
    case MOUNTER_OPEN:
        return open_all(socket, order, &report);
    case MOUNTER_LIST:
        return list_volumes(socket, order);
    case MOUNTER_RELEASE:
        return volume_release(order->volume);
    case MOUNTER_CREATE:
        volume_create(order, &report);
        break;
    case MOUNTER_REMOVE:
        volume_remove(order, &report);
        break;
    }
    send_report(socket, &report, NULL, 0);
}

static _Noreturn void mounter_main(const struct config *config, int socket) {
    static struct mounter_order order;
    char why[160];
    prctl(PR_SET_NAME, "hsr-mounter");
    // What the host mounts from now on is seen here; what is mounted here is not seen there.
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) _exit(1);
    volumes_offered = config->volumes_dir && volumes_open(config->volumes_dir, why, sizeof why);
    if (config->volumes_dir && !volumes_offered) note("no volumes: %s", why);
    struct mounter_report ready = {.count = volumes_offered ? 1 : 0};
    send_report(socket, &ready, NULL, 0);
    for (;;) {
        ssize_t size = recv(socket, &order, sizeof order, 0);
        if (size < 0 && errno == EINTR) continue;
        // The worker is gone, and every sandbox with it.
        if (size != (ssize_t)sizeof order) _exit(0);
        obey(socket, &order);
    }
}

int mounter_start(const struct config *config, const struct mount_list *list, int listener, pid_t *pid) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return -1;
    *pid = fork();
    if (*pid == 0) {
        close(pair[0]);
        close(listener);
        listed = list;
        mounter_main(config, pair[1]);
    }
    close(pair[1]);
    if (*pid > 0) return pair[0];
    close(pair[0]);
    return -1;
}
