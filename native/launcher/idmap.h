// User namespaces whose only use is their id map.
#ifndef HSR_IDMAP_H
#define HSR_IDMAP_H

#include <stdint.h>

// A descriptor of a namespace in which `inside` and the ids after it are `outside` and those after it, for
// users and groups each. -1 with errno.
int idmap_open(uint64_t uid_inside, uint64_t uid_outside, uint64_t gid_inside, uint64_t gid_outside,
               uint64_t count);

#endif
