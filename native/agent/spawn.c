/* A child: its descriptors, its terminal, its limits, its identity, its program, in this order. Whatever
 * fails after the fork is told through a pipe that the program's start closes. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

struct ends {
    int input[2], output[2], error[2], report[2]; /* [0] is read, [1] is written */
    int terminal[2];                              /* [0] is ours, [1] the child's */
};

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) close(pair[i]);
        pair[i] = -1;
    }
}

static bool open_terminal(struct ends *e, uint16_t rows, uint16_t cols) {
    identity_enter_guest_files(); /* the terminal belongs to the guest */
    e->terminal[0] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    int zero = 0;
    if (e->terminal[0] >= 0 && ioctl(e->terminal[0], TIOCSPTLCK, &zero) == 0) {
        e->terminal[1] = ioctl(e->terminal[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        unsigned number;
        if (e->terminal[1] < 0 && ioctl(e->terminal[0], TIOCGPTN, &number) == 0) {
            char name[32];
            snprintf(name, sizeof name, "/dev/pts/%u", number);
            e->terminal[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
        }
    }
    identity_leave_guest_files();
    if (e->terminal[1] < 0) return false;
    struct winsize size = {.ws_row = rows, .ws_col = cols};
    return ioctl(e->terminal[0], TIOCSWINSZ, &size) == 0;
}

static bool open_ends(const struct start *s, struct ends *e, struct spawn_failure *failure) {
    failure->stage = HSR_STAGE_RESOURCES;
    bool good = pipe2(e->report, O_CLOEXEC) == 0 && fcntl(e->report[0], F_SETFL, O_NONBLOCK) == 0;
    if (good && (s->flags & HSR_START_PTY)) {
        failure->stage = HSR_STAGE_TERMINAL;
        good = open_terminal(e, s->rows, s->cols);
    } else if (good) {
        good = pipe2(e->output, O_CLOEXEC) == 0 && pipe2(e->error, O_CLOEXEC) == 0 &&
               fcntl(e->output[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(e->error[0], F_SETFL, O_NONBLOCK) == 0;
        if (good && (s->flags & HSR_START_STDIN))
            good = pipe2(e->input, O_CLOEXEC) == 0 && fcntl(e->input[1], F_SETFL, O_NONBLOCK) == 0;
    }
    if (!good) failure->error = errno;
    return good;
}

static bool settle_descriptors(const struct start *s, const struct ends *e) {
    int input, output, error;
    if (s->flags & HSR_START_PTY) {
        input = output = error = e->terminal[1];
        if (ioctl(e->terminal[1], TIOCSCTTY, 0) != 0) return false;
    } else {
        output = e->output[1];
        error = e->error[1];
        /* A pipe whose writer is gone reads as its end at once, and unlike /dev/null it is there in any
         * image. */
        int closed[2];
        if (s->flags & HSR_START_STDIN)
            input = e->input[0];
        else if (pipe2(closed, O_CLOEXEC) == 0)
            input = closed[0], close(closed[1]);
        else
            return false;
    }
    /* All of these are above 2: 0, 1, 2 were open when the agent started. */
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) return false;
    if (e->report[1] != 3 && dup3(e->report[1], 3, O_CLOEXEC) < 0) return false;
#ifdef SYS_close_range
    /* Every descriptor of the agent is close-on-exec; this is the second lock, and some kernels do not have
     * it. */
    if (wall_stands(WALL_AGENT_DESCRIPTORS)) syscall(SYS_close_range, 4u, ~0u, 0u);
#endif
    return true;
}

static bool settle_limits(const struct start *s) {
    for (unsigned i = 0; i < s->rlimits; i++) {
        struct rlimit limit = s->rlimit[i].limit, now;
        int resource = s->rlimit[i].resource;
        if (getrlimit((__rlimit_resource_t)resource, &now) != 0) return false;
        /* A limit that is already lower stays: a request only tightens. */
        if (limit.rlim_max > now.rlim_max) limit.rlim_max = now.rlim_max;
        if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
        if (setrlimit((__rlimit_resource_t)resource, &limit) != 0) return false;
    }
    return true;
}

static const char *path_of(char *const *envp) {
    for (; *envp; envp++) {
        if (strncmp(*envp, "PATH=", 5) == 0) return *envp + 5;
    }
    return DEFAULT_PATH;
}

/* Returns only if it failed, with errno. A name with a slash is that file; else each folder of the child's
 * own PATH. */
static void execute(const struct start *s) {
    const char *name = s->argv[0];
    if (strchr(name, '/')) {
        execve(name, s->argv, s->envp);
        return;
    }
    int error = ENOENT;
    for (const char *at = path_of(s->envp); at;) {
        const char *colon = strchr(at, ':');
        int length = (int)(colon ? (size_t)(colon - at) : strlen(at));
        char file[HSR_PATH_BYTES];
        int written = snprintf(file, sizeof file, "%.*s/%s", length ? length : 1, length ? at : ".", name);
        if (written > 0 && (size_t)written < sizeof file) {
            execve(file, s->argv, s->envp);
            if (errno == EACCES)
                error = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR)
                return;
        }
        at = colon ? colon + 1 : NULL;
    }
    errno = error;
}

static void settle_signals(void) {
    /* The agent put every signal to its default when it started, and changed these two since. */
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(SIGPIPE, &plain, NULL);
    sigaction(SIGCHLD, &plain, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void be_child(const struct start *s, struct ends *e) {
    struct spawn_failure failure = {.stage = HSR_STAGE_RESOURCES};
    settle_signals();
    bool good = setsid() >= 0 && settle_descriptors(s, e);
    if (good) {
        failure.stage = HSR_STAGE_LIMITS;
        good = settle_limits(s);
    }
    if (good) {
        failure.stage = HSR_STAGE_IDENTITY;
        good = identity_become(s->uid, s->gid);
    }
    if (good) {
        umask((mode_t)s->umask);
        failure.stage = HSR_STAGE_FOLDER;
        good = chdir(s->cwd) == 0;
    }
    if (good) {
        failure.stage = HSR_STAGE_PROGRAM;
        execute(s);
    }
    failure.error = errno;
    ssize_t told = write(3, &failure, sizeof failure);
    _exit(told == sizeof failure ? 127 : 126);
}

bool spawn(const struct start *s, struct spawned *spawned, struct spawn_failure *failure) {
    struct ends e = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    *spawned = (struct spawned){.pid = -1, .input = -1, .output = -1, .error = -1, .report = -1};
    *failure = (struct spawn_failure){0};
    pid_t pid = -1;
    if (open_ends(s, &e, failure)) {
        identity_raise_oom_score();
        pid = fork();
        if (pid == 0) be_child(s, &e);
        failure->error = errno;
        failure->stage = HSR_STAGE_RESOURCES;
        identity_restore_oom_score();
    }
    if (pid < 0) {
        close_pair(e.input), close_pair(e.output), close_pair(e.error), close_pair(e.report),
            close_pair(e.terminal);
        return false;
    }
    spawned->pid = pid;
    spawned->report = e.report[0];
    close(e.report[1]);
    if (s->flags & HSR_START_PTY) {
        spawned->output = e.terminal[0];
        spawned->input = fcntl(e.terminal[0], F_DUPFD_CLOEXEC, 5);
        close(e.terminal[1]);
    } else {
        spawned->output = e.output[0];
        spawned->error = e.error[0];
        spawned->input = e.input[1];
        close(e.output[1]), close(e.error[1]);
        if (e.input[0] >= 0) close(e.input[0]);
    }
    return true;
}
