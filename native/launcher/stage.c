#include "stage.h"

#include "../common/walls.h"
#include "io.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(const char *what) {
    note("cannot prepare what sandboxes see: %s: %s", what, strerror(errno));
    return false;
}

static bool put_file(const struct stage *s, const char *name, const char *content) {
    char path[320];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return failed(name);
    size_t size = strlen(content);
    bool good = write(fd, content, size) == (ssize_t)size && fchmod(fd, 0644) == 0;
    close(fd);
    return good || failed(name);
}

static bool put_dir(const struct stage *s, const char *name) {
    char path[320];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    if (mkdir(path, 0755) != 0 && errno != EEXIST) return failed(name);
    return chmod(path, 0755) == 0 || failed(name);
}

// The least that programs look for. No secrets, no host names, no shadow.
static bool put_etc(const struct stage *s) {
    return put_dir(s, "etc") && put_dir(s, "etc/alternatives") && put_file(s, "etc/ld.so.cache", "") &&
           put_file(s, "etc/passwd",
                    "root:x:0:0:root:/:/usr/sbin/nologin\nuser:x:1000:1000::/workspace:/bin/bash\n"
                    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n") &&
           put_file(s, "etc/group", "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n") &&
           put_file(s, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n") &&
           put_file(s, "etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n") &&
           put_file(s, "etc/hostname", "sandbox\n") && put_file(s, "etc/os-release", "NAME=HSR\nID=hsr\n") &&
           put_file(s, "empty", "");
}

// Binds one program of the launcher's own table to a place that every id can reach.
static bool put_program(const struct stage *s, const char *name, const char *source) {
    char path[320];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    if (!put_file(s, name, "")) return false;
    return mount(source, path, NULL, MS_BIND, NULL) == 0 || failed(source);
}

static bool below(const char *path, const char *folder) {
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == 0 || path[size] == '/');
}

// Mounts of the host that no sandbox is given anything from are left out of our namespace. Every sandbox
// copies what is in it, and bwrap reads the whole list again for each thing that it binds.
static void leave_mounts(const struct config *c) {
    static const char *const unused[] = {"/sys",  "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/hugepages",
                                         "/boot", "/home",    "/snap",    "/run/user",   "/run/snapd"};
    const char *const needed[] = {c->agent_path,  c->node_path,   c->bwrap_path,
                                  c->seccomp_dir, c->socket_path, c->state_dir};
    enum { MOST = 512 };
    static char points[MOST][256];
    unsigned count = 0;
    char line[4096];
    FILE *list = fopen("/proc/self/mountinfo", "re");
    if (!list) return;
    while (count < MOST && fgets(line, sizeof line, list)) {
        char point[256];
        if (sscanf(line, "%*d %*d %*s %*s %255s", point) != 1) continue;
        bool leave = false;
        for (unsigned i = 0; i < sizeof unused / sizeof *unused; i++)
            if (below(point, unused[i])) leave = true;
        for (unsigned i = 0; i < sizeof needed / sizeof *needed; i++)
            if (needed[i] && below(needed[i], point)) leave = false;
        if (leave) snprintf(points[count++], sizeof points[0], "%s", point);
    }
    fclose(list);
    // What is mounted last goes first. One that cannot be left costs only time.
    while (count-- > 0)
        umount2(points[count], MNT_DETACH);
}

static bool own_mounts(struct stage *s, const struct config *c) {
    // Folders that every distribution has and that no sandbox is given anything from.
    static const char *const places[] = {"/mnt", "/media", "/srv"};
    if (unshare(CLONE_NEWNS) != 0) return failed("a mount namespace");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return failed("private mounts");
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        if (mount("hsr", places[i], "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=128") != 0)
            continue;
        snprintf(s->dir, sizeof s->dir, "%s", places[i]);
        leave_mounts(c);
        return true;
    }
    return failed("a tmpfs on /mnt, /media or /srv");
}

static void arg(struct stage *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void arg(struct stage *s, const char *format, ...) {
    if (s->count == STAGE_ARGS_MAX) return;
    va_list args;
    va_start(args, format);
    vsnprintf(s->text[s->count], sizeof s->text[0], format, args);
    va_end(args);
    s->argv[s->count] = s->text[s->count];
    s->argv[++s->count] = NULL;
}

static void words(struct stage *s, const char *const *list) {
    while (*list)
        arg(s, "%s", *list++);
}

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

// /bin and its like are links into /usr on every current distribution; where they are folders they are bound.
static void root_link(struct stage *s, const char *path) {
    char target[128];
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size > 0) {
        target[size] = 0;
        arg(s, "--symlink");
        arg(s, "%s", target);
    } else if (exists(path)) {
        arg(s, "--ro-bind");
        arg(s, "%s", path);
    } else {
        return;
    }
    arg(s, "%s", path);
}

// Entries of /proc that tell about the host or reach it. Most are closed to a guest's ids already; this is
// the second lock. What this kernel does not have needs none.
static void mask_proc(struct stage *s) {
    static const char *const files[] = {
        "kcore", "keys",          "kallsyms",  "latency_stats", "timer_list", "timer_stats", "sched_debug",
        "kmsg",  "sysrq-trigger", "key-users", "config.gz",     "iomem",      "ioports"};
    static const char *const dirs[] = {"acpi", "asound", "bus", "scsi"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%s", files[i]);
        if (!exists(path)) continue;
        arg(s, "--ro-bind");
        arg(s, "%s/empty", s->dir);
        arg(s, "%s", path);
    }
    for (unsigned i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%s", dirs[i]);
        if (!exists(path)) continue;
        arg(s, "--tmpfs");
        arg(s, "%s", path);
        arg(s, "--remount-ro");
        arg(s, "%s", path);
    }
}

static void bind(struct stage *s, const char *how, const char *source, const char *target) {
    arg(s, "%s", how);
    arg(s, "%s", source);
    arg(s, "%s", target);
}

static void file_system(struct stage *s, const struct config *c) {
    char source[400];
    bind(s, "--ro-bind", "/usr", "/usr");
    root_link(s, "/bin");
    root_link(s, "/sbin");
    root_link(s, "/lib");
    root_link(s, "/lib64");
    if (wall_stands(WALL_PID_NAMESPACE))
        words(s, (const char *const[]){"--proc", "/proc", NULL});
    else
        bind(s, "--bind", "/proc", "/proc");
    if (wall_stands(WALL_PROC_SYS)) bind(s, "--ro-bind", "/proc/sys", "/proc/sys");
    if (wall_stands(WALL_PROC_MASKS)) mask_proc(s);
    if (!wall_stands(WALL_OWN_ROOT)) bind(s, "--ro-bind", "/", "/host");
    words(s, (const char *const[]){"--dev", "/dev", NULL});
    if (c->root) bind(s, "--dev-bind", s->terminals, "/dev/pts");
    static const char *const spaces[][2] = {
        {"workspace", "/workspace"}, {"tmp", "/tmp"}, {"shm", "/dev/shm"}};
    for (unsigned i = 0; i < 3; i++) {
        snprintf(source, sizeof source, "%s/%s", s->scratch, spaces[i][0]);
        bind(s, "--bind", source, spaces[i][1]);
    }
    snprintf(source, sizeof source, "%s/etc", s->dir);
    bind(s, wall_stands(WALL_READ_ONLY_BINDS) ? "--ro-bind" : "--bind", source, "/etc");
    // Both only name what /usr holds: programs such as awk are links through the first, libraries are found
    // by the second.
    bind(s, "--ro-bind-try", "/etc/alternatives", "/etc/alternatives");
    bind(s, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache");
    // Without these bwrap would make the folders on the way for the owner alone.
    words(s, (const char *const[]){"--perms", "0755", "--dir", "/opt", "--perms", "0755", "--dir", "/opt/hsr",
                                   "--perms", "0755", "--dir", "/opt/hsr/bin", NULL});
    snprintf(source, sizeof source, "%s/agent", s->dir);
    bind(s, "--ro-bind", c->root ? source : c->agent_path, "/opt/hsr/agent");
    snprintf(source, sizeof source, "%s/node", s->dir);
    if (c->node_path) bind(s, "--ro-bind", c->root ? source : c->node_path, "/opt/hsr/bin/node");
    s->mounts_at = s->count;
    if (wall_stands(WALL_READ_ONLY_ROOT))
        words(s, (const char *const[]){"--remount-ro", "/dev", "--remount-ro", "/", NULL});
    words(s, (const char *const[]){"--chdir", "/workspace", NULL});
}

static void command_line(struct stage *s, const struct config *c) {
    arg(s, "bwrap");
    if (wall_stands(WALL_PID_NAMESPACE)) words(s, (const char *const[]){"--unshare-pid", "--as-pid-1", NULL});
    words(s, (const char *const[]){"--new-session", "--clearenv", "--setenv", "PATH",
                                   "/usr/local/bin:/usr/bin:/bin", NULL});
    if (c->root) {
        // Already in a user namespace of its own, as id 0 of its range. bwrap would keep every capability of
        // it.
        words(s, (const char *const[]){"--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add",
                                       "CAP_SETGID", "--cap-add", "CAP_KILL", "--cap-add", "CAP_CHOWN",
                                       "--cap-add", "CAP_DAC_OVERRIDE", "--cap-add", "CAP_FOWNER",
                                       "--cap-add", "CAP_SETPCAP", NULL});
        if (!wall_stands(WALL_CAPABILITIES)) words(s, (const char *const[]){"--cap-add", "ALL", NULL});
    } else {
        words(s, (const char *const[]){"--unshare-user", "--uid", "1000", "--gid", "1000", NULL});
        if (wall_stands(WALL_NESTED_NAMESPACES)) words(s, (const char *const[]){"--disable-userns", NULL});
    }
    file_system(s, c);
    words(s,
          (const char *const[]){"--seccomp", "5", "--", "/opt/hsr/agent", "--oom-score-adj", "1000", NULL});
    const char *guest = wall_stands(WALL_GUEST_ID) ? "1000" : "0";
    if (c->root) words(s, (const char *const[]){"--guest-uid", guest, "--guest-gid", guest, NULL});
#ifdef HSR_TEST_WALLS
    // The agent of a test build knows the same names.
    for (int wall = 0; wall < WALL_COUNT; wall++)
        if (!wall_stands(wall)) words(s, (const char *const[]){"--without", wall_name(wall), NULL});
#endif
}

bool stage_make(struct stage *s, const struct config *c) {
    s->count = 0;
    snprintf(s->dir, sizeof s->dir, "%s/stage", c->state_dir);
    if (c->root ? !own_mounts(s, c) : mkdir(s->dir, 0755) != 0 && errno != EEXIST)
        return c->root ? false : failed("the state directory");
    snprintf(s->scratch, sizeof s->scratch, "%s/scratch", s->dir);
    snprintf(s->terminals, sizeof s->terminals, "%s/terminals", s->dir);
    if (!put_etc(s) || !put_dir(s, "scratch") || !put_dir(s, "terminals")) return false;
    if (c->mounts_path || c->volumes_dir) {
        for (unsigned i = 0; i < MOUNTS_MAX; i++) {
            char name[16];
            snprintf(name, sizeof name, "folder%u", i);
            if (!put_dir(s, name)) return false;
            snprintf(name, sizeof name, "file%u", i);
            if (!put_file(s, name, "")) return false;
        }
    }
    if (c->root && !put_program(s, "agent", c->agent_path)) return false;
    if (c->root && c->node_path && !put_program(s, "node", c->node_path)) return false;
    command_line(s, c);
    if (s->count == STAGE_ARGS_MAX) {
        note("the command line of bwrap is too long");
        return false;
    }
    return true;
}
