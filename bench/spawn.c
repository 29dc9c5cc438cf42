/*
 * The rival of the latency bench that no product can beat with the same command line: posix_spawn in a loop.
 * argv[1] is a file that the program gets as descriptor 3 (the seccomp filter that bwrap reads), argv[2..] the program.
 * Reads one line per round from stdin ("go"), spawns, drains its stdout, waits, and prints the time in µs.
 * Answers "error" when the program failed or printed nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

extern char **environ;

static long long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int main(int argc, char **argv) {
    char line[64];
    if (argc < 3) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        long long start = now_us();
        int out[2], status;
        char buffer[4096];
        ssize_t got;
        long long bytes = 0;
        pid_t pid;
        if (pipe2(out, O_CLOEXEC)) return 1;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_addopen(&actions, 3, argv[1], O_RDONLY, 0);
        int failed = posix_spawn(&pid, argv[2], &actions, NULL, argv + 2, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(out[1]);
        if (failed) return 1;
        while ((got = read(out[0], buffer, sizeof buffer)) != 0) {
            if (got < 0 && errno != EINTR) break;
            if (got > 0) bytes += got;
        }
        close(out[0]);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        long long took = now_us() - start;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) printf("%lld %lld\n", took, bytes);
        else printf("error %d\n", status);
    }
    return 0;
}
