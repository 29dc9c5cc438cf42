#include "sweeper.h"

#include "io.h"
#include "limits.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RETRY_MS = 2, RETRY_SLOW_MS = 50, FAST_TRIES = 100 };

struct pending {
    char leaf[LEAF_NAME_BYTES];
    unsigned tries;
};

static struct pending pending[SANDBOXES_MAX];
static unsigned pending_count;

// Tries one leaf. True if it is gone.
static bool sweep_one(const struct cgroups *cgroups, struct pending *one) {
    if (leaf_remove(cgroups, one->leaf) == 0) return true;
    // Something lives in it, in a state in which it may not even see a signal: again, until it is gone.
    leaf_kill(cgroups, one->leaf);
    one->tries++;
    return false;
}

static int sweep_round(const struct cgroups *cgroups, int socket) {
    int wait = -1;
    for (unsigned i = pending_count; i-- > 0;) {
        if (sweep_one(cgroups, &pending[i])) {
            // The worker reads every answer; it has a place for each leaf it asked about.
            send(socket, pending[i].leaf, strlen(pending[i].leaf), MSG_NOSIGNAL);
            pending[i] = pending[--pending_count];
        } else {
            int again = pending[i].tries < FAST_TRIES ? RETRY_MS : RETRY_SLOW_MS;
            if (wait < 0 || again < wait) wait = again;
        }
    }
    return wait;
}

static _Noreturn void sweeper_main(const struct cgroups *cgroups, int socket) {
    prctl(PR_SET_NAME, "hsr-sweeper");
    int wait = -1;
    for (;;) {
        struct pollfd input = {.fd = socket, .events = pending_count < SANDBOXES_MAX ? POLLIN : 0};
        int ready = poll(&input, 1, wait);
        while (ready > 0 && pending_count < SANDBOXES_MAX) {
            struct pending *next = &pending[pending_count];
            ssize_t size = recv(socket, next->leaf, sizeof next->leaf - 1, MSG_DONTWAIT);
            if (size < 0 && (errno == EAGAIN || errno == EINTR)) break;
            // The worker is gone; what is left is the guardian's.
            if (size <= 0) _exit(0);
            next->leaf[size] = 0;
            next->tries = 0;
            pending_count++;
        }
        wait = sweep_round(cgroups, socket);
    }
}

int sweeper_start(const struct cgroups *cgroups, int listener, pid_t *pid) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return -1;
    *pid = fork();
    if (*pid == 0) {
        close(pair[0]);
        close(listener);
        sweeper_main(cgroups, pair[1]);
    }
    close(pair[1]);
    if (*pid > 0) return pair[0];
    close(pair[0]);
    return -1;
}
