/* Who we are, and who we can become. */
#include "probe.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void is_root(struct outcome *out, const void *unused) {
    outcome_if(out, getuid() == 0 || geteuid() == 0, "uid %u", getuid());
}

static void is_root_group(struct outcome *out, const void *unused) {
    outcome_if(out, getgid() == 0 || getegid() == 0, "gid %u", getgid());
}

/* Is uid 0 in here uid 0 on the host? A map of a single id is one namespace inside another: its outside is
 * not the host's. */
static void root_is_hosts(struct outcome *out, const void *unused) {
    char map[256];
    if (read_text("/proc/self/uid_map", map, sizeof map) < 0) {
        outcome_of(out, -1);
        return;
    }
    unsigned long inside, outside, length;
    int hosts = 0;
    for (char *line = strtok(map, "\n"); line; line = strtok(NULL, "\n"))
        if (sscanf(line, "%lu %lu %lu", &inside, &outside, &length) == 3 && outside == 0 && length > 1)
            hosts = 1;
    outcome_if(out, hosts, "%s", hosts ? "the host's uid 0 is mapped" : "not mapped");
}

/* An id that the namespace does not map cannot be had: EINVAL. */
static void outcome_of_change(struct outcome *out, int result) {
    outcome_of(out, result);
    if (out->error == EINVAL) out->verdict = ABSENT;
}

static void become_root(struct outcome *out, const void *unused) {
    outcome_of_change(out, setresuid(0, 0, 0));
}

static void become_root_group(struct outcome *out, const void *unused) {
    outcome_of_change(out, setresgid(0, 0, 0));
}

static void become_other(struct outcome *out, const void *unused) {
    outcome_of_change(out, setresuid(1234, 1234, 1234));
}

static void join_groups(struct outcome *out, const void *unused) {
    gid_t groups[] = {0, 4, 6};
    outcome_of(out, setgroups(3, groups));
}

static void raise_capabilities(struct outcome *out, const void *unused) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct all[2] = {{~0u, ~0u, 0}, {0x1ffu, 0x1ffu, 0}};
    outcome_of(out, syscall(__NR_capset, &header, all));
}

static void ambient(struct outcome *out, const void *unused) {
    outcome_of(out, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
}

/* A line of /proc/self/status, as a number in the given base. */
static void status_line(struct outcome *out, const char *key, int base, int (*is_open)(unsigned long)) {
    char text[8192];
    if (read_text("/proc/self/status", text, sizeof text) < 0) {
        outcome_of(out, -1);
        return;
    }
    char *at = strstr(text, key);
    if (at == NULL) {
        outcome_if(out, 0, "no line %s", key);
        out->error = ENOENT;
        return;
    }
    at += strlen(key);
    outcome_if(out, is_open(strtoul(at, NULL, base)), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
}

static int is_set(unsigned long value) {
    return value != 0;
}

static int is_unset(unsigned long value) {
    return value == 0;
}

static void capability_set(struct outcome *out, const void *argument) {
    status_line(out, argument, 16, is_set);
}

static void protection(struct outcome *out, const void *argument) {
    status_line(out, argument, 10, is_unset);
}

void add_identity_probes(void) {
    probe_add("id_", "uid_0", is_root, NULL);
    probe_add("id_", "gid_0", is_root_group, NULL);
    probe_add("id_", "host_root_mapped", root_is_hosts, NULL);
    probe_add("id_", "setuid_0", become_root, NULL);
    probe_add("id_", "setgid_0", become_root_group, NULL);
    probe_add("id_", "setuid_other", become_other, NULL);
    probe_add("id_", "setgroups", join_groups, NULL);
    probe_add("cap_", "capset", raise_capabilities, NULL);
    probe_add("cap_", "ambient_raise", ambient, NULL);
    probe_add("cap_", "effective", capability_set, "\nCapEff:");
    probe_add("cap_", "permitted", capability_set, "\nCapPrm:");
    probe_add("cap_", "inheritable", capability_set, "\nCapInh:");
    probe_add("cap_", "bounding", capability_set, "\nCapBnd:");
    probe_add("cap_", "ambient", capability_set, "\nCapAmb:");
    probe_add("no_", "new_privs_unset", protection, "\nNoNewPrivs:");
    probe_add("no_", "seccomp_filter", protection, "\nSeccomp:");
}
