/*
 * Installs a seccomp filter in a child for each line of standard input and makes the call that the line names, so that tests see what the
 * kernel really answers.
 *
 * usage: try-calls FILTER.bpf
 * Input lines: NUMBER A0 A1 A2 A3 A4 A5 (decimal). Output lines: "result VALUE ERRNO" or "killed SIGNAL".
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter filter[4096];
static struct sock_fprog program = {0, filter};

struct answer {
    long value;
    int error;
};

static void child(int out, const uint64_t call[7]) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(120);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(121);
    errno = 0;
    struct answer answer;
    answer.value = syscall((long)call[0], call[1], call[2], call[3], call[4], call[5], call[6]);
    answer.error = answer.value == -1 ? errno : 0;
    /* The answer goes out through a pipe that the filter must allow writing to; if not, the parent sees nothing and says so. */
    if (write(out, &answer, sizeof answer) != (ssize_t)sizeof answer) _exit(122);
    _exit(0);
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: try-calls FILTER.bpf\n");
        return 2;
    }
    program.len = (unsigned short)fread(filter, sizeof filter[0], 4096, file);
    fclose(file);
    uint64_t call[7];
    while (scanf("%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &call[0],
                 &call[1], &call[2], &call[3], &call[4], &call[5], &call[6]) == 7) {
        int pipes[2], status;
        if (pipe(pipes) != 0) return 1;
        pid_t pid = fork();
        if (pid == 0) child(pipes[1], call);
        close(pipes[1]);
        struct answer answer;
        ssize_t got = read(pipes[0], &answer, sizeof answer);
        close(pipes[0]);
        if (pid < 0 || waitpid(pid, &status, 0) != pid) return 1;
        if (WIFSIGNALED(status)) printf("killed %d\n", WTERMSIG(status));
        else if (got == (ssize_t)sizeof answer) printf("result %ld %d\n", answer.value, answer.error);
        else printf("failed %d\n", WEXITSTATUS(status));
    }
    return 0;
}
