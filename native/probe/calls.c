/* System calls that a sandbox has no use for. The arguments are chosen so that a call that is let through
 * changes nothing. */
#include "probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct call {
    const char *name;
    long number;
    long arguments[6];
};

static char text[4096];
static char no_file[] = "/nonexistent-hsr-probe";

#define TEXT ((long)text)
#define NO_FILE ((long)no_file)
#define BAD_FD (-1L)

static const struct call calls[] = {
    /* KEYCTL_GET_KEYRING_ID of the session keyring */
    {"keyctl", __NR_keyctl, {0, -3, 0}},
    {"add_key", __NR_add_key, {(long)"user", (long)"hsr-probe", TEXT, 1, -1}},
    {"request_key", __NR_request_key, {(long)"user", (long)"hsr-probe-missing", 0, 0}},
    {"init_module", __NR_init_module, {0, 0, (long)""}},
    {"finit_module", __NR_finit_module, {BAD_FD, (long)"", 0}},
    {"delete_module", __NR_delete_module, {(long)"hsr_probe_none", 0}},
    {"kexec_load", __NR_kexec_load, {0, 0, 0, 0xff}},
    {"kexec_file_load", __NR_kexec_file_load, {BAD_FD, BAD_FD, 0, 0, 0xff}},
    {"swapon", __NR_swapon, {NO_FILE, 0}},
    {"swapoff", __NR_swapoff, {NO_FILE}},
    /* Wrong magic numbers: checked after the capability. */
    {"reboot", __NR_reboot, {0, 0, 0, 0}},
    {"settimeofday", __NR_settimeofday, {0, 0}},
    {"acct", __NR_acct, {NO_FILE}},
    /* SYSLOG_ACTION_READ_ALL */
    {"syslog", __NR_syslog, {3, TEXT, sizeof text}},
    /* Q_SYNC for user quotas */
    {"quotactl", __NR_quotactl, {0x800001 << 8, 0, 0, 0}},
    {"quotactl_fd", 443, {BAD_FD, 0x800001 << 8, 0, 0}},
    {"fanotify_init", __NR_fanotify_init, {0, 0}},
    /* UFFD_USER_MODE_ONLY: what anybody may ask for. */
    {"userfaultfd", __NR_userfaultfd, {1}},
    {"lookup_dcookie", __NR_lookup_dcookie, {0, TEXT, sizeof text}},
    {"move_pages", __NR_move_pages, {0, 0, 0, 0, 0, 0}},
    {"migrate_pages", __NR_migrate_pages, {0, 0, 0, 0}},
    {"mbind", __NR_mbind, {0, 0, 0, 0, 0, 0}},
    {"set_mempolicy", __NR_set_mempolicy, {0, 0, 0}},
    {"process_madvise", 440, {BAD_FD, 0, 0, 0, 0}},
    {"vmsplice", __NR_vmsplice, {BAD_FD, 0, 0, 0}},
    {"remap_file_pages", __NR_remap_file_pages, {0, 0, 0, 0, 0}},
    {"memfd_secret", 447, {0}},
    /* ADDR_NO_RANDOMIZE */
    {"personality_no_aslr", __NR_personality, {0x0040000}},
    {"name_to_handle_at", __NR_name_to_handle_at, {-100, (long)"/", TEXT, TEXT + 1024, 0}},
    {"open_by_handle_at", __NR_open_by_handle_at, {BAD_FD, TEXT, 0}},
    {"kcmp", __NR_kcmp, {1, 1, 0, 0, 0}},
    {"pidfd_getfd", 438, {BAD_FD, 0, 0}},
    {"process_vm_readv_pid1", __NR_process_vm_readv, {1, 0, 0, 0, 0, 0}},
    {"io_setup", __NR_io_setup, {1, TEXT}},
    {"sched_setattr", __NR_sched_setattr, {0, 0, 0}},
    {"landlock_create_ruleset", 444, {0, 0, 1}},
    {"fsopen", 430, {(long)"tmpfs", 0}},
    {"fsconfig", 431, {BAD_FD, 0, 0, 0, 0}},
    {"fsmount", 432, {BAD_FD, 0, 0}},
    {"fspick", 433, {-100, (long)"/", 0}},
    {"open_tree_clone", 428, {-100, (long)"/", 1}},
    {"move_mount", 429, {BAD_FD, (long)"", BAD_FD, (long)"", 0}},
    {"mount_setattr", 442, {-100, (long)"/", 0, TEXT, 32}},
    {"statmount", 457, {TEXT, TEXT, sizeof text, 0}},
    {"listmount", 458, {TEXT, TEXT, 1, 0}},
    /* IOPRIO_WHO_PROCESS, real-time class */
    {"ioprio_set_realtime", __NR_ioprio_set, {1, 0, (1 << 13) | 4}},
    /* A negative length is refused after the capability. */
    {"sethostname", __NR_sethostname, {0, -1}},
    {"setdomainname", __NR_setdomainname, {0, -1}},
#ifdef __NR_iopl
    {"iopl", __NR_iopl, {3}},
    {"ioperm", __NR_ioperm, {0x80, 1, 1}},
    /* Reads the local descriptor table: function 0. */
    {"modify_ldt", __NR_modify_ldt, {0, TEXT, 16}},
    {"uselib", __NR_uselib, {NO_FILE}},
    {"sysfs", __NR_sysfs, {3}},
    {"ustat", __NR_ustat, {0, TEXT}},
#endif
};

static void run_call(struct outcome *out, const void *argument) {
    const struct call *call = argument;
    const long *a = call->arguments;
    outcome_of(out, syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

static void io_uring(struct outcome *out, const void *unused) {
    struct io_uring_params parameters = {0};
    outcome_of(out, syscall(__NR_io_uring_setup, 4, &parameters));
}

/* A map needs no capability where unprivileged bpf is on, and CAP_BPF where it is off. */
static void bpf_map(struct outcome *out, const void *unused) {
    union bpf_attr attributes = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    outcome_of(out, syscall(__NR_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

static void perf_event(struct outcome *out, const void *unused) {
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
                                         .size = sizeof attributes,
                                         .config = PERF_COUNT_SW_CPU_CLOCK,
                                         .exclude_kernel = 1,
                                         .exclude_hv = 1};
    outcome_of(out, syscall(__NR_perf_event_open, &attributes, 0, -1, -1, 0));
}

static void seccomp_filter(struct outcome *out, const void *unused) {
    struct sock_filter allow = {.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW};
    struct sock_fprog program = {1, &allow};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    outcome_of(out, syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static void set_clock(struct outcome *out, const void *unused) {
    /* Nanoseconds beyond a second: a kernel that looks refuses the value, a filter refuses the call. */
    struct {
        long seconds, nanoseconds;
    } wrong = {0, 2000000000L};
    outcome_of(out, syscall(__NR_clock_settime, 0, &wrong));
}

static void adjust_clock(struct outcome *out, const void *unused) {
    /* ADJ_TICK with a tick of 0: past the capability check it is EINVAL. */
    unsigned long timex[64] = {0x4000};
    outcome_of(out, syscall(__NR_adjtimex, timex));
}

static void realtime(struct outcome *out, const void *unused) {
    struct sched_param parameters = {.sched_priority = 1};
    outcome_of(out, syscall(__NR_sched_setscheduler, 0, 1, &parameters));
}

static void realtime_high_bits(struct outcome *out, const void *unused) {
    struct sched_param parameters = {.sched_priority = 1};
    outcome_of(out, syscall(__NR_sched_setscheduler, 0, 0x100000001L, &parameters));
}

static void nice_negative(struct outcome *out, const void *unused) {
    errno = 0;
    outcome_of(out, setpriority(PRIO_PROCESS, 0, -5));
}

static void raise_limit(struct outcome *out, const void *unused) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max += 1;
    outcome_of(out, setrlimit(RLIMIT_NOFILE, &limit));
}

/* A core goes where core_pattern says, which may be a program of the host. A limit of 1 stops both a file and
 * a pipe. */
static void core_limit(struct outcome *out, const void *unused) {
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    outcome_if(out, limit.rlim_max > 1, "hard limit %lu", (unsigned long)limit.rlim_max);
}

void add_call_probes(void) {
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        probe_add("call_", calls[i].name, run_call, &calls[i]);
    probe_add("call_", "io_uring_setup", io_uring, NULL);
    probe_add("call_", "bpf", bpf_map, NULL);
    probe_add("call_", "perf_event_open", perf_event, NULL);
    probe_add("call_", "seccomp_filter", seccomp_filter, NULL);
    probe_add("call_", "clock_settime", set_clock, NULL);
    probe_add("call_", "adjtimex", adjust_clock, NULL);
    probe_add("sched_", "realtime", realtime, NULL);
    probe_add("sched_", "realtime_high_bits", realtime_high_bits, NULL);
    probe_add("sched_", "nice_negative", nice_negative, NULL);
    probe_add("limit_", "raise_open_files", raise_limit, NULL);
    probe_add("limit_", "core_dump", core_limit, NULL);
}
