/* The host's System V and POSIX objects. The test makes them and names them in the environment. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static key_t host_key(void) {
    const char *key = getenv("HSR_PROBE_IPC_KEY");
    return key ? (key_t)strtol(key, NULL, 0) : 0x48535250;
}

static void shared_memory(struct outcome *out, const void *unused) {
    outcome_of(out, shmget(host_key(), 0, 0));
}

static void message_queue(struct outcome *out, const void *unused) {
    outcome_of(out, msgget(host_key(), 0));
}

static void semaphores(struct outcome *out, const void *unused) {
    outcome_of(out, semget(host_key(), 0, 0));
}

static void posix_queue(struct outcome *out, const void *unused) {
    const char *name = getenv("HSR_PROBE_MQ");
    outcome_of(out, mq_open(name ? name : "/hsr-probe", O_RDONLY | O_NONBLOCK));
}

static void posix_memory(struct outcome *out, const void *unused) {
    const char *name = getenv("HSR_PROBE_MQ");
    outcome_of(out, shm_open(name ? name : "/hsr-probe", O_RDONLY, 0));
}

void add_ipc_probes(void) {
    probe_add("ipc_", "host_shared_memory", shared_memory, NULL);
    probe_add("ipc_", "host_message_queue", message_queue, NULL);
    probe_add("ipc_", "host_semaphores", semaphores, NULL);
    probe_add("ipc_", "host_posix_queue", posix_queue, NULL);
    probe_add("ipc_", "host_posix_memory", posix_memory, NULL);
}
