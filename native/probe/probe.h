/*
 * hsr-probe tries every door that a sandbox must keep shut and says, one JSON line per door, what it found.
 *
 * open    the attempt worked, or was stopped by something other than a rule (a bad argument, a missing file):
 * kernel code behind the door was reached denied  refused by rule (EPERM, EACCES, EROFS) absent  the thing is
 * not there (ENOENT, ENOSYS, an unknown socket family, …) killed  the process died of the attempt hung    the
 * attempt did not come back in time
 *
 * Every attempt is harmless where it works: the program also runs without walls, as root, to show that its
 * probes can succeed.
 */
#ifndef HSR_PROBE_H
#define HSR_PROBE_H

#include <stddef.h>

enum verdict { OPEN, DENIED, ABSENT };

struct outcome {
    enum verdict verdict;
    int error; /* errno, 0 if none */
    char detail[160];
};

struct probe {
    char name[48];
    void (*run)(struct outcome *, const void *argument);
    const void *argument;
};

/* Sets the outcome of a call that returned `result` with errno set: a result of 0 or more is open. */
void outcome_of(struct outcome *out, long result);
/* Open if `found`, else absent; with a detail. */
void outcome_if(struct outcome *out, int found, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a probe to the list. Ends the program if the list is full. */
void probe_add(const char *prefix, const char *name, void (*run)(struct outcome *, const void *),
               const void *argument);

/* Reads a whole small file; returns its length or -1 with errno. The text ends in 0. */
long read_text(const char *path, char *buffer, size_t size);

void add_call_probes(void);
void add_namespace_probes(void);
void add_mount_probes(void);
void add_path_probes(void);
void add_process_probes(void);
void add_identity_probes(void);
void add_socket_probes(void);
void add_ipc_probes(void);
void add_terminal_probes(void);
void add_abi_probes(void);

#endif
