/* Who the agent is, and who its executions are. The order of calls is the point of this file: the bounding
 * set falls while the right to lower it is there, and a child loses its capabilities by the change of its id
 * and then once more by word. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    struct options options;
    int oom_fd;
    int oom_own;
} self = {.oom_fd = -1};

/* The file belongs to another owner once the process is undumpable, so it is opened before; no guest exists
 * yet. */
static void open_oom_score(void) {
    char text[16] = {0};
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    /* Out of the way: where nobody has attached yet it would get the stream's number. */
    self.oom_fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    close(fd);
    if (self.oom_fd < 0) return;
    if (read(self.oom_fd, text, sizeof text - 1) <= 0 || sscanf(text, "%d", &self.oom_own) != 1 ||
        self.oom_own >= self.options.oom_score_adj) {
        close(self.oom_fd);
        self.oom_fd = -1;
    }
}

static bool write_oom_score(int value) {
    char text[16];
    int length = snprintf(text, sizeof text, "%d", value);
    return pwrite(self.oom_fd, text, (size_t)length, 0) == length;
}

void identity_raise_oom_score(void) {
    if (self.oom_fd >= 0 && !write_oom_score(self.options.oom_score_adj)) {
        close(self.oom_fd);
        self.oom_fd = -1;
    }
}

void identity_restore_oom_score(void) {
    /* Without the right to lower it the agent keeps the higher score: worse, but no reason to refuse the
     * execution. */
    if (self.oom_fd >= 0 && !write_oom_score(self.oom_own)) {
        close(self.oom_fd);
        self.oom_fd = -1;
    }
}

bool identity_settle(const struct options *options) {
    self.options = *options;
    open_oom_score();
    if (wall_stands(WALL_DUMPABLE) && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (!options->has_guest) return true;
    /* The agent itself never executes anything, so a bounding set of its own is of no use to it, only to its
     * children. */
    for (int capability = 0; capability < 64 && wall_stands(WALL_CAPABILITIES); capability++) {
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return false;
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    /* Where setgroups is denied for the whole namespace there must be no groups to lose. */
    return setgroups(0, NULL) == 0 || getgroups(0, NULL) == 0;
}

const struct options *identity_options(void) {
    return &self.options;
}

uint64_t identity_features(void) {
    return (self.options.has_guest ? HSR_FEATURE_GUEST_ID : 0u) | (self.oom_fd >= 0 ? HSR_FEATURE_OOM : 0u) |
           (getpid() == 1 ? HSR_FEATURE_PID1 : 0u);
}

void identity_enter_guest_files(void) {
    if (!self.options.has_guest) return;
    setfsgid(self.options.guest_gid);
    setfsuid(self.options.guest_uid); /* takes the file capabilities away as well */
}

void identity_leave_guest_files(void) {
    if (!self.options.has_guest) return;
    setfsuid(geteuid());
    setfsgid(getegid());
}

static bool drop_capabilities(void) {
    if (!wall_stands(WALL_CAPABILITIES)) return true;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    return syscall(SYS_capset, &head, none) == 0;
}

bool identity_become(uint32_t uid, uint32_t gid) {
    if (self.options.has_guest) {
        uid_t to_uid = uid == HSR_ID_DEFAULT ? self.options.guest_uid : uid;
        gid_t to_gid = gid == HSR_ID_DEFAULT ? self.options.guest_gid : gid;
        /* The agent's own ids are not to be had: they would be a way to the agent. */
        if (wall_stands(WALL_GUEST_ID) && (to_uid == geteuid() || to_gid == getegid())) {
            errno = EPERM;
            return false;
        }
        if (setresgid(to_gid, to_gid, to_gid) != 0 || setresuid(to_uid, to_uid, to_uid) != 0) return false;
        if (geteuid() != to_uid || getegid() != to_gid) {
            errno = EPERM;
            return false;
        }
    } else if ((uid != HSR_ID_DEFAULT && uid != geteuid()) || (gid != HSR_ID_DEFAULT && gid != getegid())) {
        errno = EPERM;
        return false;
    } else if (geteuid() == 0) {
        return true; /* a test's agent, run by root without walls: it has nothing to drop to */
    }
    return drop_capabilities();
}
