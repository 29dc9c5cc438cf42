/* The rim of the agent in a fuzzer: children that are only pipes, and a machine that is left alone. */
#include "../agent.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void pipe_for(int pair[2]) {
    if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) != 0) pair[0] = pair[1] = -1;
}

/* The first letter of the program says what this child does: fail, talk a little, talk much, or leave its
 * input unread. */
bool spawn(const struct start *s, struct spawned *spawned, struct spawn_failure *failure) {
    static pid_t next = 0x40000000; /* beyond any process that there can be */
    static char bytes[60000];
    int report[2], output[2], error[2], input[2] = {-1, -1};
    *spawned = (struct spawned){.pid = -1, .input = -1, .output = -1, .error = -1, .report = -1};
    pipe_for(report), pipe_for(output), pipe_for(error);
    if (s->flags & (HSR_START_STDIN | HSR_START_PTY)) pipe_for(input);
    if (report[0] < 0 || output[0] < 0 || error[0] < 0) {
        *failure = (struct spawn_failure){EMFILE, HSR_STAGE_RESOURCES};
        int all[] = {report[0], report[1], output[0], output[1], error[0], error[1], input[0], input[1]};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            if (all[i] >= 0) close(all[i]);
        }
        return false;
    }
    struct spawn_failure told = {ENOENT, HSR_STAGE_PROGRAM};
    char kind = s->argv[0][0];
    ssize_t wrote = 0;
    if (kind == '!') wrote = write(report[1], &told, sizeof told);
    if (kind == '+') wrote = write(output[1], bytes, sizeof bytes);
    if (kind != '!') wrote += write(error[1], bytes, 100);
    if (wrote < 0) failure->error = errno;
    close(report[1]), close(output[1]), close(error[1]);
    if (input[0] >= 0) close(input[0]);
    *spawned = (struct spawned){next++, input[1], output[0], error[0], report[0]};
    if (s->flags & HSR_START_PTY) {
        close(error[0]);
        spawned->error = -1;
    }
    return true;
}

bool machine_mix_random(const uint8_t *seed, size_t length) {
    return length == 32;
}

bool machine_set_clock(int64_t wall_ms) {
    return wall_ms > 0;
}
