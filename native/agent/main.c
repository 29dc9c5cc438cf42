/* hsr-agent: the first process of every sandbox. docs/agent-process.md says how it is started,
 * docs/agent-protocol.md what it speaks. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STREAM_FD 3
#define READ_BYTES 65536
/* Report, output, error and input of each execution, the connections, the watches, and the stream and
 * control. */
#define WATCHED_MAX (HSR_EXECUTIONS_MAX * 4 + HSR_CONNECTIONS_MAX + HSR_WATCHES_MAX + 2)
/* Large room is kept for so long after the last thing that happened. */
#define KEEP_ROOM_MS 100
/* Rounds of output before what comes in is looked at again. */
#define ROUNDS_MAX 16

static volatile sig_atomic_t children_changed;

static void on_child(int signal) {
    children_changed = 1;
}

static _Noreturn void refuse(const char *why) {
    /* Nothing better can be done if even this line cannot be written. */
    if (write(2, why, strlen(why)) < 0) _exit(3);
    _exit(2);
}

static long number(const char *text, long most) {
    char *end = NULL;
    errno = 0;
    long value = text ? strtol(text, &end, 10) : -1;
    if (!text || !*text || *end || errno || value < 0 || value > most) refuse("hsr-agent: bad number\n");
    return value;
}

static struct options parse_options(int argc, char **argv) {
    struct options o = {.oom_score_adj = 1000};
    bool uid = false, gid = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--guest-uid") == 0)
            o.guest_uid = (uid_t)number(argv[++i], 0xfffffffe), uid = true;
        else if (strcmp(argv[i], "--guest-gid") == 0)
            o.guest_gid = (gid_t)number(argv[++i], 0xfffffffe), gid = true;
        else if (strcmp(argv[i], "--oom-score-adj") == 0)
            o.oom_score_adj = (int)number(argv[++i], 1000);
        else if (strcmp(argv[i], "--no-control") == 0)
            o.no_control = true;
        else if (strcmp(argv[i], "--own-kernel") == 0)
            o.own_kernel = true;
#ifdef HSR_TEST_WALLS
        else if (strcmp(argv[i], "--without") == 0 && i + 1 < argc)
            wall_take_away(argv[++i]);
#endif
        else
            refuse("usage: hsr-agent [--guest-uid N --guest-gid N] [--no-control] [--oom-score-adj N] "
                   "[--own-kernel]\n");
    }
    if (uid != gid) refuse("hsr-agent: --guest-uid and --guest-gid go together\n");
    o.has_guest = uid;
    return o;
}

static void settle_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &action, NULL);
    /* The C library keeps 32 and 33 to itself and refuses them; whoever started us may have left them ignored
     * all the same. */
    const unsigned long kernel_default[4] = {0}; /* handler, flags, restorer, mask */
    for (int signal = 32; signal < 34; signal++)
        syscall(SYS_rt_sigaction, signal, kernel_default, NULL, sizeof(unsigned long));
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_child;
    action.sa_flags = SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, NULL);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL); /* it comes only while ppoll waits */
}

static void settle_descriptors(bool control) {
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0 && errno != ENOENT)
            refuse("hsr-agent: no /dev/null\n");
    }
    if (fcntl(STREAM_FD, F_SETFD, FD_CLOEXEC) == 0) {
        fcntl(STREAM_FD, F_SETFL, O_NONBLOCK);
        stream_replace(STREAM_FD);
    }
    control_settle(control);
}

/* Only this attachment is over; executions go on. */
static void drop_stream(void) {
    session_stream_gone();
    stream_replace(-1);
}

static void read_stream(void) {
    static uint8_t bytes[READ_BYTES];
    ssize_t n = read(stream_fd(), bytes, sizeof bytes);
    if (n > 0)
        session_input(bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        drop_stream();
}

/* One round after the other, so that nothing that has much to tell keeps the others waiting. True if there is
 * more and the stream would take it. */
static bool tell(void) {
    bool more = session_open();
    for (int round = 0; more && round < ROUNDS_MAX && stream_fd() >= 0; round++) {
        more = executions_tell();
        more = connections_tell() || more;
        more = readings_tell() || more;
        more = watches_tell() || more;
        if (stream_waiting() < STREAM_BUSY_BYTES && more) continue;
        if (!stream_flush()) drop_stream();
        if (stream_waiting()) return false; /* poll says when it goes on */
    }
    if (stream_fd() >= 0 && !stream_flush()) drop_stream();
    return more && stream_fd() >= 0 && !stream_waiting();
}

/* ppoll takes a signal only when it has nothing else to tell, so a descriptor that is always ready would keep
 * a child's end from being heard; the terminal of a killed program, with input left, is one. */
static bool child_waits(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGCHLD) == 1;
}

static void wait_and_handle(bool input_left, bool more_to_tell) {
    struct pollfd fds[WATCHED_MAX];
    int timeout = -1;
    size_t executions = executions_poll(fds, HSR_EXECUTIONS_MAX * 4, now_ms(), &timeout);
    size_t connections = connections_poll(fds + executions, HSR_CONNECTIONS_MAX, now_ms(), &timeout);
    size_t count = executions + connections;
    size_t watches = watches_poll(fds + count, HSR_WATCHES_MAX, now_ms(), &timeout);
    count += watches;
    int stream = stream_fd();
    const struct pollfd *control_seen = &fds[count], *stream_seen = &fds[count + 1];
    fds[count++] = (struct pollfd){.fd = control_fd(), .events = POLLIN};
    short events = (short)((input_left ? 0 : POLLIN) | (stream_waiting() ? POLLOUT : 0));
    fds[count++] = (struct pollfd){.fd = stream, .events = events};
    if (session_keeps_room() && (timeout < 0 || timeout > KEEP_ROOM_MS)) timeout = KEEP_ROOM_MS;
    if (children_changed || more_to_tell) timeout = 0;
    struct timespec until = {.tv_sec = timeout / 1000, .tv_nsec = (long)(timeout % 1000) * 1000000};
    sigset_t none;
    sigemptyset(&none);
    /* Interrupted by a child it answers -1, and then only the children are looked at. */
    int n = ppoll(fds, count, timeout < 0 ? NULL : &until, &none);
    if (n == 0 && timeout > 0) session_free_room();
    if (children_changed || (n > 0 && child_waits())) children_changed = family_reap();
    executions_ready(fds, n > 0 ? executions : 0, now_ms());
    connections_ready(fds + executions, n > 0 ? connections : 0, now_ms());
    watches_ready(fds + executions + connections, n > 0 ? watches : 0, now_ms());
    if (n > 0 && control_seen->revents) control_ready();
    if (n > 0 && (stream_seen->revents & ~POLLOUT) && stream == stream_fd()) {
        if (input_left)
            drop_stream(); /* it broke while its requests wait for room: nobody is there for the answers */
        else
            read_stream();
    }
}

int main(int argc, char **argv) {
    struct options options = parse_options(argc, argv);
    if (!identity_settle(&options)) refuse("hsr-agent: cannot settle its identity\n");
    settle_signals();
    mallopt(M_MMAP_THRESHOLD, 65536); /* what is large goes back to the kernel when it is freed */
    mallopt(M_TRIM_THRESHOLD, 65536);
    umask(0);
    if (getpid() != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) refuse("hsr-agent: cannot reap\n");
    session_settle();
    settle_descriptors(!options.no_control);
    for (;;) {
        bool left, more;
        do {
            left = session_work();
            more = tell();
        } while (left && stream_waiting() < STREAM_BUSY_BYTES);
        session_release();
        wait_and_handle(left, more);
    }
}
