/* The launcher's channel: new streams come over it, and its end is the end of everything. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_FD 4

static int control = -1;

void control_settle(bool wanted) {
    int flags = wall_stands(WALL_AGENT_DESCRIPTORS) ? FD_CLOEXEC : 0;
    if (!wanted || fcntl(CONTROL_FD, F_SETFD, flags) != 0) return;
    control = CONTROL_FD;
    fcntl(control, F_SETFL, O_NONBLOCK);
    if (send(control, "H", 1, MSG_NOSIGNAL) != 1) control_ready();
}

int control_fd(void) {
    return control;
}

static _Noreturn void launcher_is_gone(void) {
    family_kill_all();
    _exit(0);
}

/* Adopts the first descriptor of a good message as the new stream; closes all others. */
static void take_descriptors(struct msghdr *m, bool good) {
    int stream = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (good && stream < 0)
                stream = fd;
            else
                close(fd);
        }
    }
    if (stream < 0) return;
    fcntl(stream, F_SETFL, O_NONBLOCK);
    session_stream_gone();
    stream_replace(stream);
}

void control_ready(void) {
    for (;;) {
        char kind = 0;
        struct iovec part = {.iov_base = &kind, .iov_len = 1};
        _Alignas(struct cmsghdr) char extra[CMSG_SPACE(8 * sizeof(int))];
        struct msghdr m = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = extra, .msg_controllen = sizeof extra};
        ssize_t n = recvmsg(control, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        /* An empty datagram cannot be told from the end, and the launcher sends none. */
        if (n <= 0) launcher_is_gone();
        take_descriptors(&m, kind == 'S' && !(m.msg_flags & (MSG_CTRUNC | MSG_TRUNC)));
    }
}
