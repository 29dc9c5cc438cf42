/* What the agent's parts know of each other. Each part keeps its own state; there is one agent in a process.
 */
#ifndef HSR_AGENT_H
#define HSR_AGENT_H

#include "../common/cursor.h"
#include "../common/walls.h"
#include "framing.h"
#include "protocol.h"
#include "ring.h"
#include "stream.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

struct options {
    bool has_guest;
    uid_t guest_uid;
    gid_t guest_gid;
    bool no_control;
    bool own_kernel;
    int oom_score_adj; /* of executions */
};

/* --- identity.c: who the agent is and who its executions are --- */

/* Makes the agent undumpable, clears what it need not have, and remembers the guest's ids. False: do not go
 * on. */
bool identity_settle(const struct options *options);
const struct options *identity_options(void);
uint64_t identity_features(void);
/* Between these two the process touches files as the guest would. */
void identity_enter_guest_files(void);
void identity_leave_guest_files(void);
/* In a child: become `uid` and `gid` for good. False with errno set. */
bool identity_become(uint32_t uid, uint32_t gid);
/* Around a fork: the child inherits the higher score, the parent goes back. */
void identity_raise_oom_score(void);
void identity_restore_oom_score(void);

/* --- start.c: what is to be started --- */

struct rlimit_wish {
    int resource;
    struct rlimit limit;
};

struct start {
    uint32_t flags;
    uint32_t uid, gid;
    uint32_t umask;
    uint16_t rows, cols;
    uint64_t stdout_credit, stderr_credit;
    uint64_t timeout_ms; /* 0: none */
    uint8_t rlimits;
    struct rlimit_wish rlimit[HSR_RLIMITS_MAX];
    char *cwd;
    char **argv;
    char **envp;
    void *memory; /* holds the strings and both arrays */
};

/* 0, or an errno: EINVAL, E2BIG, ENOMEM. `start_free` afterwards in any case. */
int start_parse(const uint8_t *payload, size_t length, struct start *start);
void start_free(struct start *start);

/* --- spawn.c: a child process --- */

struct spawned {
    pid_t pid;
    int input, output,
        error;  /* our ends; -1 where there is none. A terminal is in `output` and, duplicated, in `input`. */
    int report; /* ends, or brings `struct spawn_failure` */
};

struct spawn_failure {
    int32_t error;
    uint32_t stage;
};

/* Fills `spawned` or `failure`. */
bool spawn(const struct start *start, struct spawned *spawned, struct spawn_failure *failure);

/* --- machine.c: what changes more than the sandbox's own files and processes --- */

/* Adds randomness to the kernel's; sets its clock. False where this guest may not. */
bool machine_mix_random(const uint8_t *seed, size_t length);
bool machine_set_clock(int64_t wall_ms);

/* --- execution.c, output.c, input.c: executions --- */

enum execution_state {
    EXECUTION_STARTING, /* forked; whether the program runs is not known yet */
    EXECUTION_RUNNING,
    EXECUTION_DRAINING, /* the process is gone, its last bytes are being read */
    EXECUTION_ENDED,
};

struct channel {
    int fd;
    struct ring ring;
    uint64_t sent;      /* offset of the next byte to send in this epoch */
    uint64_t credit;    /* offset up to which the gateway wants bytes */
    uint64_t must_read; /* while draining: offset that was in the pipe when the process ended */
    uint64_t dropped;
    bool hung_up;       /* a terminal that nobody holds at the moment */
    uint64_t jump_told; /* offset of the last jump that was announced in this epoch */
    bool skipped;       /* nobody wants its bytes: they are counted and thrown away */
    int64_t counted_ms; /* while skipped: when the count was last announced */
};

struct execution {
    uint32_t id;
    pid_t pid;
    enum execution_state state;
    bool followed;  /* in this epoch */
    bool exit_told; /* in this epoch */
    bool background;
    bool terminal;
    bool forgotten;
    int report;
    struct channel channel[2]; /* standard output, standard error */
    int input_fd;
    struct ring input;
    uint64_t input_written; /* offset of the next byte for the pipe is input.start; this is the last told to
                               the gateway */
    bool has_input;
    bool input_ends;
    int status; /* as wait4 gave it */
    struct rusage rusage;
    int64_t drain_until_ms;
    int64_t kill_at_ms; /* 0: never */
    bool timed_out;
};

struct execution *execution_find(uint32_t id);
struct execution *execution_by_pid(pid_t pid);
/* Each execution in turn: start with NULL. */
struct execution *execution_next(const struct execution *after);
void execution_start(const struct message *m);
void execution_follow(const struct message *m);
void execution_window(const struct message *m);
void execution_forget(const struct message *m);
void execution_stdin(const struct message *m);
void execution_resize(const struct message *m);
void execution_signal(const struct message *m);
void execution_list(struct pen *p);
/* A new epoch: nobody follows anything yet. */
void executions_new_epoch(void);
/* The main process has ended; its group and session have been killed. */
void execution_reaped(struct execution *e, int status, const struct rusage *rusage);
/* The descriptors to wait for; each with what to do about it is found again by `executions_ready`. */
size_t executions_poll(struct pollfd *fds, size_t room, int64_t now_ms, int *timeout_ms);
void executions_ready(const struct pollfd *fds, size_t count, int64_t now_ms);
/* A round: frames of each execution a piece of output, or its exit, as credit allows. True if there was any.
 */
bool executions_tell(void);

void channel_read(struct execution *e, int which);
/* From now on its bytes are thrown away, or kept again. */
void channel_skip(struct channel *c, bool skipped);
void channels_drain(struct execution *e, int64_t now_ms);
void input_write(struct execution *e);
void input_close(struct execution *e);
void input_tell(struct execution *e);
void execution_settle_report(struct execution *e);
void execution_free(struct execution *e);

/* --- family.c: processes by their relations --- */

/* Signals every process of the session that `leader` leads or led; a SIGKILL until no more of them are
 * found. False if there was none. */
bool family_signal_session(pid_t leader, int signal);
/* Kills everything that descends from the agent. */
void family_kill_all(void);
/* Collects what has ended. True if it stopped early, so that a storm of short-lived processes starves nobody.
 */
bool family_reap(void);
/* Appends the orphans: processes of no living execution. */
void family_list_orphans(struct pen *p);
uint32_t family_kill_orphans(int signal, const uint32_t *pids, size_t count);

/* --- session.c: requests and answers --- */

/* The bytes stay where they are until session_work says that nothing of them is left. */
void session_input(const uint8_t *bytes, size_t length);
/* Handles what has been read as long as the stream is not too busy to take the answers. True if something is
 * left. */
bool session_work(void);
/* Whether large room is kept for what may come next; to be freed when nothing has come for a while. */
bool session_keeps_room(void);
void session_free_room(void);
/* After a QUIESCE that asked for it: closes the stream as soon as the answer is on its way. */
void session_release(void);
void session_end_epoch(void);
void session_stream_gone(void);
bool session_open(void);
bool session_quiesced(void);
/* Makes the boot id, anew each time. */
void session_settle(void);
int64_t now_ms(void);

/* The answer to request `id`: 0 or an errno, and a body. */
void answer(uint32_t id, int error, const void *body, size_t length);
void complain(uint32_t id, uint8_t type, uint16_t code, const char *text);

/* --- remember.c: answers that were already given --- */

/* True if a request with this token was answered before; the answer is given again. */
bool remembered(uint32_t id, uint64_t token);
/* Answers and remembers. */
void answer_once(uint32_t id, uint64_t token, int error, const void *body, size_t length);

/* --- files.c, transfer.c, folder.c: requests about files --- */

void file_request(const struct message *m);
void transfer_message(const struct message *m);
void transfer_cancel(uint32_t id);
void transfers_drop(void);
void folder_list(uint32_t id, struct cursor *c);
/* Removes a tree in bounded steps. 0 or errno; `more` if another step is needed. */
int folder_remove(const char *path, bool *more);
/* Makes the folders that lead to the last slash of `path`; 0 or errno. */
int files_make_parents(char *path);
/* A regular file that the guest may read, or a negative errno. */
int files_open_regular(const char *path, struct stat *about);
/* The body of FILE_STAT's answer without a link's target. */
void files_tell_stat(struct pen *p, const struct stat *about);
/* Reads a u16-counted path into `path`; 0 or EINVAL, ENAMETOOLONG. */
int take_path(struct cursor *c, char path[HSR_PATH_BYTES]);
uint8_t kind_of(mode_t mode);

/* --- channel.c: bytes under credit, what connections and readings have in common --- */

void channel_opened(uint32_t id, const void *body, size_t length);
void channel_closed(uint32_t id, int error);
/* Offset up to which the gateway may send. */
void channel_window(uint32_t id, uint64_t offset);
void channel_credit(const struct message *m);
/* True if no connection or reading has this id. */
bool channel_is_free(uint32_t id);

/* --- connection.c: TCP connections to servers of the guest --- */

void connection_open(const struct message *m);
void connection_send(const struct message *m);
bool connection_credit(uint32_t id, uint64_t credit);
bool connection_known(uint32_t id);
void connection_cancel(uint32_t id);
void connections_drop(void);
size_t connections_poll(struct pollfd *fds, size_t room, int64_t now_ms, int *timeout_ms);
void connections_ready(const struct pollfd *fds, size_t count, int64_t now_ms);
/* A round, as executions_tell. */
bool connections_tell(void);

/* --- reading.c: files on their way to the gateway --- */

void reading_open(uint32_t id, struct cursor *c);
bool reading_credit(uint32_t id, uint64_t credit);
bool reading_known(uint32_t id);
void reading_cancel(uint32_t id);
void readings_drop(void);
/* A round, as executions_tell. */
bool readings_tell(void);

/* --- watch.c: changes of files, as they happen --- */

void watch_begin(const struct message *m);
void watch_follow(const struct message *m);
void watch_credit(const struct message *m);
void watch_end(const struct message *m);
void watches_list(struct pen *p);
void watches_new_epoch(void);
size_t watches_poll(struct pollfd *fds, size_t room, int64_t now_ms, int *timeout_ms);
void watches_ready(const struct pollfd *fds, size_t count, int64_t now_ms);
/* A round, as executions_tell. */
bool watches_tell(void);

/* --- names.c: the names in an open folder --- */

struct names {
    int fd;
    long length, at;
    _Alignas(8) char bytes[2048];
};

/* NULL after the last; none is "." or "..". `type` is the kernel's DT_ number and may be unknown. */
const char *names_next(struct names *n, uint8_t *type);

/* --- ports.c: what the guest listens on --- */

void ports_list(const struct message *m);

/* --- control.c: the launcher's channel --- */

void control_settle(bool wanted);
int control_fd(void);
void control_ready(void);

#endif
