// The worker: one thread, one epoll loop, every sandbox and every connection.
#ifndef HSR_WORKER_H
#define HSR_WORKER_H

#include "cgroup.h"
#include "config.h"
#include "ids.h"
#include "limits.h"
#include "profile.h"
#include "request.h"
#include "stage.h"
#include "stem.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct worker;

// Something that epoll watches. `ready` may free its owner only through the worker's graveyard.
struct source {
    int fd;
    void (*ready)(struct worker *worker, struct source *source, uint32_t events);
};

enum sandbox_state {
    SANDBOX_STEM,     // forked, waits for a launch
    SANDBOX_STARTING, // ordered; bwrap builds the jail
    SANDBOX_LIVE,     // the agent has spoken
    SANDBOX_DYING,    // killed or dead; not yet all gone
};

struct connection;

// A volume that a sandbox has.
struct volume_use {
    char name[WIRE_NAME_MAX_BYTES + 1];
    bool writes;
};

struct kill_waiter {
    struct connection *connection;
    uint32_t request;
};

struct sandbox {
    struct source control; // the worker's end of the socketpair; must stay first
    enum sandbox_state state;
    char id[WIRE_NAME_MAX_BYTES + 1];
    char tenant[WIRE_NAME_MAX_BYTES + 1];
    char owner[WIRE_NAME_MAX_BYTES + 1]; // the gateway that launched it; empty: every gateway's
    char leaf[LEAF_NAME_BYTES];
    struct limits limits;
    int errors;    // read end of bwrap's stderr, -1 after the agent has spoken
    int range;     // of host ids, -1 without root
    pid_t monitor; // the stem, which becomes bwrap's monitor; 0 once reaped
    pid_t agent;   // host pid of process 1 of the sandbox; 0 before it spoke and once reaped
    bool ready;    // the stem has reported
    uint64_t started_ns;
    uint64_t deadline_ns; // UINT64_MAX for none
    uint64_t ended_ns;
    uint64_t patience_ns; // when a death by signal has taken too long and the sweeper is called
    bool measured;        // `usage` has the final figures
    bool handed;          // the sweeper has the leaf
    bool swept;           // the leaf is gone
    uint64_t expired_ns;  // when it was stopped at its deadline; 0 if it was not
    bool expired;         // its deadline passed while no gateway was there to decide: frozen until one joins
    const char *reason;   // of the end, NULL while it lives
    char detail[256];
    struct usage usage;
    uint64_t rusage_cpu_us;     // from wait4, for hosts without cgroups
    struct volume_use *volumes; // NULL where it has none
    unsigned volume_count;
    struct kill_waiter waiters[KILL_WAITERS_MAX];
    unsigned waiter_count;
    unsigned weight;    // of its leaf
    struct pace pace;   // as last seen
    uint64_t looked_ns; // when that was; 0 before the first time
    uint64_t look_ns;   // when to look again
    uint64_t look_wait_ms;
    uint64_t hurried_ns; // when it last went faster than its quota
};

enum connection_state { CONNECTION_NEW, CONNECTION_CONTROL, CONNECTION_CLOSING };

struct connection {
    struct source socket; // must stay first
    enum connection_state state;
    char owner[WIRE_NAME_MAX_BYTES + 1]; // whose gateway; empty: one that does not say
    uint8_t header[WIRE_HEADER_BYTES];
    uint8_t *body;
    size_t have; // bytes of header and body read so far
    uint64_t deadline_ns;
    uint8_t *outbox;
    size_t outbox_size;
};

// A request that waits for the mounter. What goes away meanwhile is taken out of it.
struct mount_job {
    uint32_t id; // 0: free
    uint16_t type;
    uint32_t request;
    uint64_t version;
    struct connection *connection;
    struct sandbox *sandbox; // of a launch
    int filter;
    limit_set enforces;
    char targets[MOUNTS_MAX][MOUNT_TARGET_MAX_BYTES + 1];
    bool writes[MOUNTS_MAX];
    uint8_t *reply; // of a list, as it grows
    struct message list;
};

// An end as it is remembered: for its gateway if it was not there to hear of it, and for one that comes after
// a gateway which heard of it and died.
struct ended {
    char id[WIRE_NAME_MAX_BYTES + 1];
    char owner[WIRE_NAME_MAX_BYTES + 1];
    const char *reason;
    char detail[160];
    bool told;
    uint64_t at_ns;
    uint64_t wall_ms;
    struct usage usage;
};

struct worker {
    const struct config *config;
    struct cgroups *cgroups;
    struct stage stage;
    struct profiles profiles;
    struct ids ids;
    struct source listener;
    struct source signals;
    struct source guardian;
    struct source sweeper;
    struct source mounter; // -1 where neither folders nor volumes are offered
    pid_t mounter_pid;
    struct mount_list mounts;
    bool volumes_offered;
    struct mount_job jobs[MOUNT_JOBS_MAX];
    uint32_t last_job;
    pid_t sweeper_pid;
    int epoll;
    char boot_id[40];
    char kernel[66];
    char bwrap_version[32];
    char trouble[160]; // why no sandbox can start on this host, empty if they do
    bool bwrap_probed;
    limit_set enforces;
    bool counts_processes;  // RLIMIT_NPROC bounds a sandbox (without root)
    uint32_t attach_us_max; // of the last stems
    uint32_t attach_us_last;
    unsigned stems_wanted;
    uint64_t refill_ns; // when to make the next stem
    unsigned stem_failures;
    struct sandbox *sandboxes[SANDBOXES_MAX];
    unsigned sandbox_count;
    uint64_t leaf_count;
    struct connection *connections[CONNECTIONS_MAX];
    unsigned connection_count;
    struct ended ended[ENDED_MAX]; // a ring: the oldest gives way
    uint64_t ended_count;          // how many there ever were
    uint64_t forgotten_ns;         // when the last one that gave way had ended
    void *graveyard[2 * CONNECTIONS_MAX + SANDBOXES_MAX];
    unsigned graveyard_count;
    bool stopping;
    volatile uint64_t *beats; // in memory that the guardian reads
};

// worker.c
int worker_main(const struct config *config, struct cgroups *cgroups, int listener, pid_t guardian,
                volatile uint64_t *beats);
bool watch(struct worker *worker, struct source *source, uint32_t events);
void unwatch(struct worker *worker, struct source *source);
// Frees after the current round of events, in which other events of the same owner may still come.
void bury(struct worker *worker, void *memory);

// connection.c
void connection_accept(struct worker *worker, struct source *source, uint32_t events);
void connection_close(struct worker *worker, struct connection *connection);
void connection_send(struct worker *worker, struct connection *connection, const uint8_t *bytes, size_t size);
uint64_t connections_due(struct worker *worker, uint64_t now);
// Whether a sandbox of one owner is there for a gateway of another. Who does not say who it is sees
// everything, and what nobody owns is seen by all.
bool owner_sees(const char *gateway, const char *owner);
// Whether the gateway that owns it is there to hear of what happens.
bool gateway_connected(const struct worker *worker, const char *owner);
// Sends to every control connection that sees what this owner has. True if the owner's own was among them.
bool broadcast(struct worker *worker, const char *owner, const uint8_t *bytes, size_t size);

// answer.c
void answer_first(struct worker *worker, struct connection *connection, const struct request *request);
void answer_control(struct worker *worker, struct connection *connection, const struct request *request);
void answer_error(struct worker *worker, struct connection *connection, uint32_t number, const char *code,
                  const char *text, const char *limit);
void answer_killed(struct worker *worker, const struct sandbox *sandbox, const struct kill_waiter *waiter);

void answer_refuse(struct worker *worker, struct connection *connection, uint32_t number, const char *code,
                   const char *text, const char *limit);
void answer_launched(struct worker *worker, struct connection *connection, uint32_t number, uint64_t version,
                     limit_set enforces);

// mount_jobs.c
// Starts the mounter if there is anything for it to do. Before the worker leaves the host's mounts.
bool mounter_open(struct worker *worker, int listener);
void mounter_ready(struct worker *worker, struct source *source, uint32_t events);
// Goes on with a launch when its mounts are there; takes the sandbox, the connection and the filter.
void launch_with_mounts(struct worker *worker, struct connection *connection, const struct request *request,
                        struct sandbox *sandbox, int filter, limit_set enforces);
void answer_volume(struct worker *worker, struct connection *connection, const struct request *request);
void jobs_forget_connection(struct worker *worker, const struct connection *connection);
void jobs_forget_sandbox(struct worker *worker, const struct sandbox *sandbox);
// Nobody has them after this sandbox.
void volumes_give(struct worker *worker, struct sandbox *sandbox);

// ended.c
void ended_announce(struct worker *worker, const struct sandbox *sandbox);
// Tells a new control connection what its gateway was not there to hear.
void ended_tell(struct worker *worker, struct connection *connection);
const struct ended *ended_find(const struct worker *worker, const char *owner, const char *id);
// A figure that this host cannot give is left out.
void put_known(struct message *message, uint16_t tag, uint64_t value);
void put_usage(struct message *message, const struct usage *usage, uint64_t wall_ms);
void put_end(struct message *message, const char *id, const char *reason, const char *detail,
             uint64_t wall_ms, const struct usage *usage);

// facts.c
void facts_find(struct worker *worker);
void facts_write(const struct worker *worker, struct message *message);

// stems.c
// A stem that waits, or a new one. NULL with errno.
struct sandbox *sandbox_take_stem(struct worker *worker);
void stems_refill(struct worker *worker);

// sandbox.c
// What a stem, and later the agent, says on the control socket.
void sandbox_control_ready(struct worker *worker, struct source *source, uint32_t events);
// Takes a sandbox of which nothing is left off the list.
void sandbox_forget(struct worker *worker, struct sandbox *sandbox);
struct sandbox *sandbox_find(struct worker *worker, const char *id);
// The same, if this gateway may see it.
struct sandbox *sandbox_of(struct worker *worker, const char *gateway, const char *id);
// Makes a stem the sandbox that a launch asks for.
void sandbox_name(struct sandbox *sandbox, const struct request *request);
// Gives the order, the connection and what is to be mounted away. False if the stem is dead.
bool sandbox_start(struct worker *worker, struct sandbox *sandbox, int connection, int filter,
                   const struct stem_mounts *mounts);
bool sandbox_join(struct worker *worker, struct sandbox *sandbox, int connection);
void sandbox_kill(struct worker *worker, struct sandbox *sandbox, const char *reason);
// Gives it a new deadline, counted from now. False if the old one has passed: then it ends of that.
bool sandbox_renew(struct worker *worker, struct sandbox *sandbox, uint64_t deadline_ms);
void sandbox_reaped(struct worker *worker, pid_t pid, int status, uint64_t cpu_us);
// The sweeper's answer: a leaf is gone.
void sandbox_swept(struct worker *worker, const char *leaf);
uint64_t sandbox_wall_ms(const struct sandbox *sandbox);
// Acts on deadlines; returns when to come back.
uint64_t sandboxes_due(struct worker *worker, uint64_t now);

// weight.c
// The guest's program may run from now on.
void weight_begin(struct sandbox *sandbox);
// Looks at the sandboxes whose time has come; returns when to come back.
uint64_t weights_due(struct worker *worker, uint64_t now);

#endif
