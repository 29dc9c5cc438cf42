#include "agent.h"
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

bool machine_mix_random(const uint8_t *seed, size_t length) {
    int fd = open("/dev/urandom", O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    bool mixed = write(fd, seed, length) == (ssize_t)length;
    close(fd);
    return mixed;
}

/* A guest on its host's kernel has its host's clock: only where the kernel is the sandbox's own may it be
 * set, and whoever starts the agent must have said so. */
bool machine_set_clock(int64_t wall_ms) {
    struct timespec wall = {.tv_sec = wall_ms / 1000, .tv_nsec = (wall_ms % 1000) * 1000000};
    return identity_options()->own_kernel && clock_settime(CLOCK_REALTIME, &wall) == 0;
}
