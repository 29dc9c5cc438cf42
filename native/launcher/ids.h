// Ranges of host ids. Each living sandbox has one that no other has; a freed one rests as long as possible.
#ifndef HSR_IDS_H
#define HSR_IDS_H

#include "limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ids {
    uint64_t base;
    unsigned count; // of ranges
    unsigned next;
    bool taken[2 * SANDBOXES_MAX];
};

void ids_init(struct ids *ids, uint64_t base, uint64_t count);
// The number of a free range, or -1.
int ids_take(struct ids *ids);
void ids_give(struct ids *ids, int range);
uint64_t ids_first(const struct ids *ids, int range);

// Whether the range lies apart from what /etc/subuid and /etc/subgid promise to others and from every living
// process. Returns false and fills `why`.
bool ids_free_on_host(uint64_t base, uint64_t count, char *why, size_t cap);

#endif
