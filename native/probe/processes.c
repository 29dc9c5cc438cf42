/* Other processes: process 1, our parent, and what they left open. */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_DESCRIPTOR 4096

/* Anything beyond 0, 1 and 2 came from outside: the program opened nothing yet. */
static void leaked_descriptors(struct outcome *out, const void *unused) {
    char found[100] = "", link[64], path[32];
    int count = 0;
    for (int fd = 3; fd <= LAST_DESCRIPTOR; fd++) {
        if (fcntl(fd, F_GETFD) < 0) continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, link, sizeof link - 1);
        if (length < 0) length = 0;
        link[length] = 0;
        if (count++ == 0) snprintf(found, sizeof found, "%d: %s", fd, link);
    }
    outcome_if(out, count > 0, "%d leaked%s%s", count, count ? ", " : "", found);
}

static void open_of_pid1(struct outcome *out, const void *argument) {
    outcome_of(out, open(argument, O_RDONLY | O_CLOEXEC));
}

static void write_of_pid1(struct outcome *out, const void *argument) {
    outcome_of(out, open(argument, O_WRONLY | O_CLOEXEC));
}

static void list_of_pid1(struct outcome *out, const void *unused) {
    DIR *folder = opendir("/proc/1/fd");
    outcome_of(out, folder == NULL ? -1 : 0);
}

/* Seizing stops nobody, and the end of this process lets go. */
static void seize_pid1(struct outcome *out, const void *unused) {
    outcome_of(out, ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

static void seize_child(struct outcome *out, const void *unused) {
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    outcome_of(out, ptrace(PTRACE_SEIZE, child, NULL, NULL));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void read_child_memory(struct outcome *out, const void *unused) {
    static char here[8] = "secret";
    char there[8] = "";
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    struct iovec local = {there, sizeof there}, remote = {here, sizeof here};
    outcome_of(out, process_vm_readv(child, &local, 1, &remote, 1, 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void steal_descriptor(struct outcome *out, const void *unused) {
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int handle = (int)syscall(434 /* pidfd_open */, child, 0);
    outcome_of(out, syscall(438 /* pidfd_getfd */, handle, 0, 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* Signal 0 asks for the permission only. */
static void signal_pid1(struct outcome *out, const void *unused) {
    outcome_of(out, kill(1, 0));
}

/* Kernel threads live in the host's pid namespace only. */
static void sees_kernel_threads(struct outcome *out, const void *unused) {
    char name[64];
    if (read_text("/proc/2/comm", name, sizeof name) < 0) {
        outcome_of(out, -1);
        return;
    }
    outcome_if(out, strncmp(name, "kthreadd", 8) == 0, "process 2 is %.*s", (int)strcspn(name, "\n"), name);
}

/* Below 0, where the gateway and the host's own processes are, a guest would outlive them when memory runs
 * out. */
static void lower_oom_score(struct outcome *out, const void *unused) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    outcome_of(out, fd < 0 ? -1 : write(fd, "-1", 2));
}

void add_process_probes(void) {
    probe_add("process_", "leaked_descriptors", leaked_descriptors, NULL);
    probe_add("process_", "pid1_mem_read", open_of_pid1, "/proc/1/mem");
    probe_add("process_", "pid1_mem_write", write_of_pid1, "/proc/1/mem");
    probe_add("process_", "pid1_environ", open_of_pid1, "/proc/1/environ");
    probe_add("process_", "pid1_maps", open_of_pid1, "/proc/1/maps");
    probe_add("process_", "pid1_root", open_of_pid1, "/proc/1/root");
    probe_add("process_", "pid1_cwd", open_of_pid1, "/proc/1/cwd");
    probe_add("process_", "pid1_fd_list", list_of_pid1, NULL);
    probe_add("process_", "pid1_fd_3", open_of_pid1, "/proc/1/fd/3");
    probe_add("process_", "pid1_ptrace", seize_pid1, NULL);
    probe_add("process_", "pid1_signal", signal_pid1, NULL);
    probe_add("process_", "child_ptrace", seize_child, NULL);
    probe_add("process_", "child_process_vm_readv", read_child_memory, NULL);
    probe_add("process_", "child_pidfd_getfd", steal_descriptor, NULL);
    probe_add("process_", "kernel_threads", sees_kernel_threads, NULL);
    probe_add("process_", "oom_score_lower", lower_oom_score, NULL);
}
