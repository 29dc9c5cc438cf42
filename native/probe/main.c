/* Runs each probe in a child of its own, so that one that is killed is one row. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROBES 320
/* A door that neither opens nor refuses within this time counts as hung; real answers take microseconds. */
#define DEADLINE_MS 3000

static struct probe probes[MAX_PROBES];
static size_t count;

void probe_add(const char *prefix, const char *name, void (*run)(struct outcome *, const void *),
               const void *argument) {
    if (count == MAX_PROBES) {
        fprintf(stderr, "hsr-probe: too many probes\n");
        exit(1);
    }
    struct probe *probe = &probes[count++];
    snprintf(probe->name, sizeof probe->name, "%s%s", prefix, name);
    probe->run = run;
    probe->argument = argument;
}

static enum verdict verdict_of(int error) {
    switch (error) {
    case EPERM:
    case EACCES:
    case EROFS:
    case ENOSPC: /* a count of namespaces that is zero */
        return DENIED;
    case ENOENT:
    case ENOSYS:
    case ENODEV:
    case ENXIO:
    case ENOTDIR:
    case ESRCH:
    case ENOTTY:
    case EAFNOSUPPORT:
    case EPFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case EOPNOTSUPP:
    case ECONNREFUSED:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
        return ABSENT;
    default:
        return OPEN;
    }
}

void outcome_of(struct outcome *out, long result) {
    out->error = result < 0 ? errno : 0;
    out->verdict = result < 0 ? verdict_of(out->error) : OPEN;
}

void outcome_if(struct outcome *out, int found, const char *format, ...) {
    out->verdict = found ? OPEN : ABSENT;
    out->error = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->detail, sizeof out->detail, format, arguments);
    va_end(arguments);
}

long read_text(const char *path, char *buffer, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -1;
    size_t used = 0;
    while (used + 1 < size) {
        ssize_t got = read(fd, buffer + used, size - 1 - used);
        if (got < 0 && used == 0) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        if (got <= 0) break;
        used += (size_t)got;
    }
    close(fd);
    buffer[used] = 0;
    return (long)used;
}

static void print_string(const char *text) {
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            printf("\\%c", *at);
        else if (*at < 0x20 || *at >= 0x7f)
            printf("\\u%04x", *at);
        else
            putchar(*at);
    }
    putchar('"');
}

static void print_row(const char *name, const char *verdict, int error, const char *detail) {
    printf("{\"name\":");
    print_string(name);
    printf(",\"verdict\":\"%s\"", verdict);
    const char *error_name = error ? strerrorname_np(error) : NULL;
    if (error_name) printf(",\"errno\":\"%s\"", error_name);
    if (*detail) {
        printf(",\"detail\":");
        print_string(detail);
    }
    puts("}");
}

/* Waits for the child up to the deadline; returns 0 and its status, or -1 after killing it. */
static int wait_with_deadline(pid_t pid, int *status) {
    for (int waited = 0; waited < DEADLINE_MS * 10; waited++) {
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid) return 0;
        if (ended < 0) return -1;
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000}, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, status, 0);
    return -1;
}

static void run_probe(const struct probe *probe, struct outcome *shared) {
    static const char *const names[] = {"open", "denied", "absent"};
    memset(shared, 0, sizeof *shared);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        errno = 0;
        probe->run(shared, probe->argument);
        _exit(0);
    }
    int status;
    if (pid < 0)
        print_row(probe->name, "hung", errno, "fork failed");
    else if (wait_with_deadline(pid, &status) < 0)
        print_row(probe->name, "hung", 0, "");
    else if (WIFSIGNALED(status))
        print_row(probe->name, "killed", 0, strsignal(WTERMSIG(status)));
    else
        print_row(probe->name, names[shared->verdict], shared->error, shared->detail);
}

int main(int argc, char **argv) {
    /* Descriptors that came from outside are looked at before anything of our own is opened. */
    add_process_probes();
    add_identity_probes();
    add_namespace_probes();
    add_mount_probes();
    add_call_probes();
    add_path_probes();
    add_socket_probes();
    add_ipc_probes();
    add_terminal_probes();
    add_abi_probes();
    struct outcome *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("hsr-probe: mmap");
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        if (argc < 2 || strstr(probes[i].name, argv[1]) != NULL) run_probe(&probes[i], shared);
    return 0;
}
