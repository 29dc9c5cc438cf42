/* Files, devices and kernel interfaces that must not be there, or not be writable, or not tell. */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum way { EXISTS, READS, LISTS, WRITES, MAKES };

struct place {
    const char *name;
    const char *path;
    enum way way;
};

/* Devices are only looked at: opening a watchdog on a machine without walls would start it. */
static const struct place places[] = {
    {"write_core_pattern", "/proc/sys/kernel/core_pattern", WRITES},
    {"write_modprobe", "/proc/sys/kernel/modprobe", WRITES},
    {"write_hostname", "/proc/sys/kernel/hostname", WRITES},
    {"write_overcommit", "/proc/sys/vm/overcommit_memory", WRITES},
    {"write_drop_caches", "/proc/sys/vm/drop_caches", WRITES},
    {"write_max_user_namespaces", "/proc/sys/user/max_user_namespaces", WRITES},
    {"write_ip_forward", "/proc/sys/net/ipv4/ip_forward", WRITES},
    {"write_binfmt_register", "/proc/sys/fs/binfmt_misc/register", WRITES},
    {"write_shmmax", "/proc/sys/kernel/shmmax", WRITES},
    {"write_sysrq_trigger", "/proc/sysrq-trigger", WRITES},
    {"write_irq_affinity", "/proc/irq/default_smp_affinity", WRITES},
    {"read_kcore", "/proc/kcore", READS},
    {"read_kmsg", "/proc/kmsg", READS},
    {"read_dev_kmsg", "/dev/kmsg", READS},
    {"read_kpagecount", "/proc/kpagecount", READS},
    {"read_slabinfo", "/proc/slabinfo", READS},
    {"read_vmallocinfo", "/proc/vmallocinfo", READS},
    {"read_timer_list", "/proc/timer_list", READS},
    {"read_sched_debug", "/proc/sched_debug", READS},
    {"read_keys", "/proc/keys", READS},
    {"read_config", "/proc/config.gz", READS},
    {"read_iomem", "/proc/iomem", READS},
    {"read_acpi", "/proc/acpi", LISTS},
    {"read_scsi", "/proc/scsi", LISTS},
    {"read_bus", "/proc/bus", LISTS},
    {"sys_firmware", "/sys/firmware", EXISTS},
    {"sys_debug", "/sys/kernel/debug", EXISTS},
    {"sys_tracing", "/sys/kernel/tracing", EXISTS},
    {"sys_security", "/sys/kernel/security", EXISTS},
    {"sys_module", "/sys/module", EXISTS},
    {"sys_cgroup", "/sys/fs/cgroup", EXISTS},
    {"sys_block", "/sys/block", EXISTS},
    {"sys_bpf", "/sys/fs/bpf", EXISTS},
    {"dev_mem", "/dev/mem", EXISTS},
    {"dev_port", "/dev/port", EXISTS},
    {"dev_kvm", "/dev/kvm", EXISTS},
    {"dev_fuse", "/dev/fuse", EXISTS},
    {"dev_tun", "/dev/net/tun", EXISTS},
    {"dev_vda", "/dev/vda", EXISTS},
    {"dev_sda", "/dev/sda", EXISTS},
    {"dev_loop_control", "/dev/loop-control", EXISTS},
    {"dev_mapper", "/dev/mapper/control", EXISTS},
    {"dev_vhost_net", "/dev/vhost-net", EXISTS},
    {"dev_userfaultfd", "/dev/userfaultfd", EXISTS},
    {"dev_msr", "/dev/cpu/0/msr", EXISTS},
    {"dev_rtc", "/dev/rtc0", EXISTS},
    {"dev_hwrng", "/dev/hwrng", EXISTS},
    {"dev_uinput", "/dev/uinput", EXISTS},
    {"dev_snapshot", "/dev/snapshot", EXISTS},
    {"dev_watchdog", "/dev/watchdog", EXISTS},
    {"dev_vcs", "/dev/vcs", EXISTS},
    {"dev_console_host", "/dev/tty1", EXISTS},
    {"dev_ttyS0", "/dev/ttyS0", EXISTS},
    {"dev_input", "/dev/input", EXISTS},
    {"dev_dri", "/dev/dri", EXISTS},
    {"dev_mqueue", "/dev/mqueue", EXISTS},
    {"file_shadow", "/etc/shadow", EXISTS},
    {"file_root_home", "/root", EXISTS},
    {"file_home", "/home", EXISTS},
    {"file_var", "/var/lib", EXISTS},
    {"file_boot", "/boot", EXISTS},
    {"file_run", "/run", EXISTS},
    {"file_docker_socket", "/var/run/docker.sock", EXISTS},
    {"file_dbus_socket", "/run/dbus/system_bus_socket", EXISTS},
    {"file_machine_id", "/etc/machine-id", EXISTS},
    {"file_ssh_host_key", "/etc/ssh/ssh_host_rsa_key", EXISTS},
    {"make_in_root", "/hsr-probe", MAKES},
    {"make_in_usr", "/usr/hsr-probe", MAKES},
    {"make_in_usr_bin", "/usr/bin/hsr-probe", MAKES},
    {"make_in_etc", "/etc/hsr-probe", MAKES},
    {"make_in_dev", "/dev/hsr-probe", MAKES},
    {"make_in_proc", "/proc/hsr-probe", MAKES},
    {"make_in_opt", "/opt/hsr/hsr-probe", MAKES},
};

static void list_folder(struct outcome *out, const char *path) {
    DIR *folder = opendir(path);
    struct dirent *entry = NULL;
    if (folder == NULL) {
        outcome_of(out, -1);
        return;
    }
    while ((entry = readdir(folder)) != NULL && entry->d_name[0] == '.')
        continue;
    outcome_if(out, entry != NULL, "%s", entry ? entry->d_name : "empty");
    closedir(folder);
}

static void try_place(struct outcome *out, const void *argument) {
    const struct place *place = argument;
    struct stat state;
    int fd;
    char byte;
    switch (place->way) {
    case EXISTS:
        outcome_of(out, lstat(place->path, &state));
        break;
    case READS:
        fd = open(place->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        outcome_of(out, fd < 0 ? -1 : read(fd, &byte, 1));
        /* An empty file in its place tells nothing. */
        if (out->verdict == OPEN && out->error == 0 && lseek(fd, 0, SEEK_CUR) == 0) out->verdict = ABSENT;
        break;
    case LISTS:
        list_folder(out, place->path);
        break;
    case WRITES:
        /* Opened and not written: the kernel decides at the opening. */
        outcome_of(out, open(place->path, O_WRONLY | O_CLOEXEC));
        break;
    case MAKES:
        fd = open(place->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        outcome_of(out, fd);
        if (fd >= 0) unlink(place->path);
        break;
    }
}

/* The addresses of kernel symbols: all zero for those who may not know them. */
static void kallsyms(struct outcome *out, const void *unused) {
    char buffer[4096];
    if (read_text("/proc/kallsyms", buffer, sizeof buffer) < 0) {
        outcome_of(out, -1);
        return;
    }
    outcome_if(out, strtoul(buffer, NULL, 16) != 0, "%.16s", buffer);
}

/* A cgroup namespace shows its own root only; a path is a name of the host. */
static void cgroup_names(struct outcome *out, const void *unused) {
    char buffer[8192];
    if (read_text("/proc/self/cgroup", buffer, sizeof buffer) < 0) {
        outcome_of(out, -1);
        return;
    }
    for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n")) {
        char *path = strstr(line, ":/");
        if (path != NULL && path[2] != 0) {
            outcome_if(out, 1, "%s", path + 1);
            return;
        }
    }
    outcome_if(out, 0, "only the root");
}

/* HSR_PROBE_HOST_NAMES: words, separated by ":", that only the host's folders contain. */
static void mount_names(struct outcome *out, const void *unused) {
    static char buffer[256 * 1024];
    char words[1024];
    const char *given = getenv("HSR_PROBE_HOST_NAMES");
    snprintf(words, sizeof words, "%s", given ? given : "/var/lib/:/run/:/home/:/root");
    if (read_text("/proc/self/mountinfo", buffer, sizeof buffer) < 0) {
        outcome_of(out, -1);
        return;
    }
    for (char *word = strtok(words, ":"); word; word = strtok(NULL, ":")) {
        char *found = strstr(buffer, word);
        if (found != NULL) {
            outcome_if(out, 1, "%.100s", found);
            return;
        }
    }
    outcome_if(out, 0, "no name of the host");
}

static void environment(struct outcome *out, const void *unused) {
    static const char *const usual[] = {
        "PATH=", "HOME=", "LANG=", "PWD=", "SHLVL=", "_=", "HSR_PROBE_", "OLDPWD=", "TERM="};
    for (char **at = environ; *at; at++) {
        int known = 0;
        for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
            if (strncmp(*at, usual[i], strlen(usual[i])) == 0) known = 1;
        if (!known) {
            outcome_if(out, 1, "%.*s", (int)strcspn(*at, "="), *at);
            return;
        }
    }
    outcome_if(out, 0, "only the usual names");
}

/* A map can be written once, by somebody with the capability: after that the file opens and refuses the text.
 */
static void uid_map(struct outcome *out, const void *unused) {
    int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    outcome_of(out, fd < 0 ? -1 : write(fd, "0 0 1", 5));
}

/* A file capability makes whoever executes the file powerful, outside of the sandbox too if the file gets
 * there. */
static void file_capability(struct outcome *out, const void *unused) {
    char path[] = "/tmp/hsr-probe-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        outcome_of(out, -1);
        return;
    }
    unlink(path);
    /* VFS_CAP_REVISION_2 with CAP_SYS_ADMIN permitted and effective. */
    unsigned char value[20] = {1, 0, 0, 2, 0, 0, 32};
    outcome_of(out, fsetxattr(fd, "security.capability", value, sizeof value, 0));
}

void add_path_probes(void) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        probe_add("path_", places[i].name, try_place, &places[i]);
    probe_add("path_", "kallsyms", kallsyms, NULL);
    probe_add("path_", "write_uid_map", uid_map, NULL);
    probe_add("names_", "cgroup", cgroup_names, NULL);
    probe_add("names_", "mountinfo", mount_names, NULL);
    probe_add("names_", "environment", environment, NULL);
    probe_add("file_", "capability", file_capability, NULL);
}
