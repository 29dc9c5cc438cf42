#include "stem.h"

#include "../common/walls.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// Where the descriptors lie from bwrap on; the agent's page of the documents says the same.
enum { FD_ERRORS = 2, FD_STREAM = 3, FD_CONTROL = 4, FD_FILTER = 5, FD_PROCS = 6 };

static _Noreturn void die(const char *step) {
    struct stem_report report = {.kind = STEM_FAILED, .error = errno};
    snprintf(report.step, sizeof report.step, "%s", step);
    send(FD_CONTROL, &report, sizeof report, MSG_NOSIGNAL);
    _exit(1);
}

// Puts what we keep at its place and closes everything else: above all the worker's ends of other sandboxes'
// control sockets, which must die with the worker. Returns how many of FD_PROCS on are open.
static int keep_descriptors(const struct stem_start *start) {
    enum { HIGH = 200 };
    int count = start->proc_count;
    int high[FD_PROCS + TREE_COUNT];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int from[FD_PROCS] = {null, null, start->errors, -1, start->control, -1};
    for (int fd = 0; fd < FD_PROCS; fd++)
        high[fd] = from[fd] < 0 ? -1 : fcntl(from[fd], F_DUPFD, HIGH);
    for (int i = 0; i < count; i++)
        high[FD_PROCS + i] = fcntl(start->procs[i], F_DUPFD, HIGH);
    for (int fd = 0; fd < FD_PROCS + count; fd++) {
        if (high[fd] >= 0)
            dup2(high[fd], fd);
        else
            close(fd);
    }
    close_range((unsigned)(FD_PROCS + count), ~0u, 0);
    return count;
}

static void default_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static uint32_t join_leaf(int count) {
    uint64_t begin = now_ns();
    for (int i = 0; i < count; i++)
        if (write(FD_PROCS + i, "0", 1) != 1) die("joining the control group");
    uint64_t took = now_ns() - begin;
    close_range(FD_PROCS, ~0u, 0);
    return (uint32_t)(took / 1000);
}

// Waits for one datagram of the worker; its end of file means that the worker is gone and we go too.
static void receive(void *out, size_t size, int *fds, unsigned count) {
    struct iovec data = {out, size};
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t got;
    do
        got = recvmsg(FD_CONTROL, &message, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)size) _exit(0);
    if (count == 0) return;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(count * sizeof(int)))
        _exit(1);
    memcpy(fds, CMSG_DATA(header), count * sizeof(int));
}

static void become_root_inside(void) {
    if (setgroups(0, NULL) != 0) die("leaving the groups");
    if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) die("taking the ids of the range");
    // Changing ids made our own /proc entries another's.
    if (prctl(PR_SET_DUMPABLE, 1) != 0) die("owning /proc/self");
    // No namespace below this one, whatever a filter lets through.
    int error = wall_stands(WALL_NESTED_NAMESPACES)
                    ? write_at(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0")
                    : 0;
    errno = error;
    if (error) die("closing nested user namespaces");
}

static void loopback_up(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    // A kernel without IPv4 has no loopback to bring up.
    if (fd < 0) return;
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0) die("bringing up the loopback device");
    close(fd);
}

static void own_namespaces(void) {
    int kinds = CLONE_NEWNS;
    if (wall_stands(WALL_IPC_NAMESPACE)) kinds |= CLONE_NEWIPC;
    if (wall_stands(WALL_NET_NAMESPACE)) kinds |= CLONE_NEWNET;
    if (wall_stands(WALL_UTS_NAMESPACE)) kinds |= CLONE_NEWUTS;
    if (wall_stands(WALL_CGROUP_NAMESPACE)) kinds |= CLONE_NEWCGROUP;
    if (unshare(kinds) != 0) die("taking namespaces");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) die("making mounts private");
    if (wall_stands(WALL_UTS_NAMESPACE) && sethostname("sandbox", 7) != 0) die("setting the host name");
    if (wall_stands(WALL_NET_NAMESPACE)) loopback_up();
}

static void scratch_folder(const struct stem_start *start, const char *name, mode_t mode) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", start->stage->scratch, name);
    if (mkdir(path, 0700) != 0 || chmod(path, mode) != 0) die("making the scratch folders");
    if (start->config->root && chown(path, GUEST_UID, GUEST_GID) != 0) die("giving away the scratch folders");
}

// One file system for all that the guest may write, so that one size and one number of inodes bound it.
static void mount_scratch(const struct stem_start *start, const struct stem_order *order) {
    char options[128];
    // 0 is tmpfs' word for "no limit".
    snprintf(options, sizeof options, "mode=0755,size=%llu,nr_inodes=%llu",
             wall_stands(WALL_DISK_BYTES) ? (unsigned long long)order->disk_bytes : 0,
             // The root and the three folders are ours.
             wall_stands(WALL_DISK_INODES) ? (unsigned long long)order->inodes + 4 : 0);
    if (mount("scratch", start->stage->scratch, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
        die("mounting the scratch space");
    scratch_folder(start, "workspace", 0755);
    scratch_folder(start, "tmp", 01777);
    scratch_folder(start, "shm", 01777);
}

// Terminals of its own, and few of them: the host has 4096 in all, which one guest could take. An ordinary
// user's stem has no id 0, which this file system wants; there bwrap mounts it, without a bound.
static void mount_terminals(const struct stem_start *start) {
    char options[64];
    snprintf(options, sizeof options, "newinstance,ptmxmode=0666,mode=620%s",
             wall_stands(WALL_TERMINALS) ? ",max=32" : "");
    if (mount("devpts", start->stage->terminals, "devpts", MS_NOSUID | MS_NOEXEC, options) != 0)
        die("mounting the terminals");
}

// The command line of one sandbox with mounts: the common one, with its own binds before the root becomes
// read-only.
struct own_line {
    const char *argv[STAGE_ARGS_MAX + 1 + MOUNTS_MAX * (3 + 2 * MOUNT_TARGET_MAX_BYTES)];
    unsigned count;
    char text[8192];
    size_t used;
};

static void add(struct own_line *line, const char *word) {
    size_t size = strlen(word) + 1;
    if (size > sizeof line->text - line->used) {
        errno = E2BIG;
        die("naming the mounts");
    }
    memcpy(line->text + line->used, word, size);
    line->argv[line->count++] = line->text + line->used;
    line->used += size;
}

// The folders on the way, which bwrap would make for its owner alone.
static void add_parents(struct own_line *line, const char *target) {
    char path[MOUNT_TARGET_MAX_BYTES + 1];
    for (const char *at = strchr(target + 1, '/'); at; at = strchr(at + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(at - target), target);
        add(line, "--perms");
        add(line, "0755");
        add(line, "--dir");
        add(line, path);
    }
}

// Attaches what arrives at places of the stage, in our own namespace, from where bwrap binds it. It is bound
// as it is: read-only or not, no set-id programs, no devices, its map of ids.
static const char *const *take_mounts(const struct stem_start *start, unsigned count) {
    static struct own_line line;
    const struct stage *stage = start->stage;
    for (unsigned i = 0; i < stage->mounts_at; i++)
        line.argv[line.count++] = stage->argv[i];
    for (unsigned i = 0; i < count; i++) {
        struct stem_mount one;
        char place[300];
        int fd;
        receive(&one, sizeof one, &fd, 1);
        snprintf(place, sizeof place, "%s/%s%u", stage->dir, one.file ? "file" : "folder", i);
        if (move_mount(fd, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) != 0)
            die("mounting what was asked for");
        close(fd);
        add_parents(&line, one.target);
        if (!wall_stands(WALL_MOUNT_DEVICES))
            add(&line, "--dev-bind");
        else
            add(&line, one.writes || !wall_stands(WALL_MOUNT_READ_ONLY) ? "--bind" : "--ro-bind");
        add(&line, place);
        add(&line, one.target);
    }
    for (unsigned i = stage->mounts_at; i < stage->count; i++)
        line.argv[line.count++] = stage->argv[i];
    return line.argv;
}

static void bound(int resource, rlim_t most) {
    struct rlimit limit = {most, most};
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && now.rlim_max < most)
        limit = (struct rlimit){now.rlim_max, now.rlim_max};
    if (setrlimit(resource, &limit) != 0) die("setting a resource limit");
}

static void resource_limits(const struct stem_start *start, const struct stem_order *order) {
    // The agent has descriptors of its own besides the guest's; it sets the exact number for each execution.
    bound(RLIMIT_NOFILE, order->open_files < 1024 ? 1024 : order->open_files);
    // A file may be sparse, so its length needs a bound of its own; twice the space, so that filling the
    // space is ENOSPC as programs expect it and not a signal.
    uint64_t file_bytes = 2 * order->disk_bytes;
    if (order->file_bytes > file_bytes) file_bytes = order->file_bytes;
    if (wall_stands(WALL_FILE_BYTES)) bound(RLIMIT_FSIZE, file_bytes);
    // 1, not 0: where core_pattern names a program of the host, a limit of 0 still starts it, with the
    // guest's core.
    bound(RLIMIT_CORE, wall_stands(WALL_CORE_DUMPS) ? 1 : RLIM_INFINITY);
    if (wall_stands(WALL_LOCKED_MEMORY)) bound(RLIMIT_MEMLOCK, 0);
    if (wall_stands(WALL_MESSAGE_QUEUES)) bound(RLIMIT_MSGQUEUE, 0);
    bound(RLIMIT_SIGPENDING, 1024);
    bound(RLIMIT_RTPRIO, 0);
    bound(RLIMIT_NICE, 0);
    // The kernel counts processes per user namespace and id, and each sandbox has a namespace of its own.
    // With one id that is a bound of the sandbox, where there is no control group to bound it.
    if (!start->config->root) bound(RLIMIT_NPROC, order->pids);
}

static void place(int from, int to) {
    if (from == to) return;
    if (dup2(from, to) != to) die("placing a descriptor");
}

_Noreturn void stem_main(const struct stem_start *start) {
    int count = keep_descriptors(start);
    default_signals();
    struct stem_report report = {.kind = STEM_READY, .attach_us = join_leaf(count)};
    uint8_t mapped;
    receive(&mapped, sizeof mapped, NULL, 0);
    if (start->config->root) become_root_inside();
    own_namespaces();
    if (send(FD_CONTROL, &report, sizeof report, MSG_NOSIGNAL) < 0) _exit(0);

    struct stem_order order;
    int fds[2];
    receive(&order, sizeof order, fds, 2);
    const char *const *argv = (const char *const *)start->stage->argv;
    if (order.mount_count > 0) argv = take_mounts(start, order.mount_count);
    mount_scratch(start, &order);
    if (start->config->root) mount_terminals(start);
    resource_limits(start, &order);
    // The two arrived at the lowest free numbers, which are their places or each other's.
    int stream = fcntl(fds[0], F_DUPFD, FD_PROCS);
    int filter = fcntl(fds[1], F_DUPFD, FD_PROCS);
    if (stream < 0 || filter < 0) die("placing a descriptor");
    place(stream, FD_STREAM);
    place(filter, FD_FILTER);
#ifdef HSR_TEST_WALLS
    // The mistake that the next line guards against: a descriptor of the host that somebody forgot to close.
    if (fcntl(open("/", O_RDONLY), F_DUPFD, 40) < 0) die("leaking a descriptor");
#endif
    if (wall_stands(WALL_LAUNCHER_DESCRIPTORS)) close_range(FD_PROCS, ~0u, 0);
    execve(start->config->bwrap_path, (char *const *)argv, (char *const[]){NULL});
    die("starting bwrap");
}
