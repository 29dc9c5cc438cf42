/*
 * Makes random system calls with random arguments in children that are replaced when they die or hang, and says how many calls were made.
 *
 * usage: fuzz-calls SEED MILLISECONDS
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS_PER_CHILD 2000
#define STUCK_MS 60

static uint64_t state;
static char block[65536];

/* xorshift64*: the seed alone decides what happens. */
static uint64_t next_random(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static long argument(void) {
    static const uint64_t edges[] = {0, 1, 2, 3, 4, 5, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, ~UINT64_C(0), UINT64_C(1) << 63};
    switch (next_random() % 5) {
    case 0:
        return (long)edges[next_random() % (sizeof edges / sizeof edges[0])];
    case 1:
        return (long)(uintptr_t)(block + next_random() % sizeof block);
    case 2:
        return (long)(next_random() % 64);
    case 3:
        return (long)(UINT64_C(1) << (next_random() % 64));
    default:
        return (long)next_random();
    }
}

static void child(volatile uint64_t *calls) {
    for (int i = 0; i < CALLS_PER_CHILD; i++) {
        long number = (long)(next_random() % 480);
        /* Leaving or waiting for ever is no news; stopping the parent would end the whole attack. */
        if (number == SYS_exit || number == SYS_exit_group || number == SYS_kill || number == SYS_tkill || number == SYS_tgkill) continue;
        ++*calls;
        syscall(number, argument(), argument(), argument(), argument(), argument(), argument());
    }
    _exit(0);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint64_t seed = strtoull(argv[1], NULL, 10);
    int64_t end = now_ms() + atoll(argv[2]);
    volatile uint64_t *calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int children = 0;
    while (now_ms() < end) {
        state = seed + (uint64_t)++children * UINT64_C(0x9e3779b97f4a7c15);
        if (state == 0) state = 1;
        pid_t pid = fork();
        if (pid == 0) child(calls);
        if (pid < 0) {
            /* The children's own children fill the room: make some. */
            usleep(1000);
            while (waitpid(-1, NULL, WNOHANG) > 0) continue;
            continue;
        }
        uint64_t seen = *calls;
        int64_t since = now_ms();
        while (waitpid(pid, NULL, WNOHANG) == 0) {
            if (*calls != seen) {
                seen = *calls;
                since = now_ms();
            } else if (now_ms() - since > STUCK_MS) {
                kill(pid, SIGKILL);
            }
            usleep(500);
        }
    }
    printf("%llu calls in %d children\n", (unsigned long long)*calls, children);
    return 0;
}
