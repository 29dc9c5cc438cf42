// The sweeper: a child of the worker that kills what is left in a leaf and removes the leaf. Both take a lock
// of the kernel that a stem may hold for 10 ms while it joins its leaf; the worker's loop must not wait for
// that.
#ifndef HSR_SWEEPER_H
#define HSR_SWEEPER_H

#include "cgroup.h"

#include <sys/types.h>

// Forks the sweeper. Call before the first sandbox, so that it inherits no descriptor of one. Returns the
// socket on which leaf names go in, and come out again when nothing of them is left; -1 with errno.
int sweeper_start(const struct cgroups *cgroups, int listener, pid_t *pid);

#endif
