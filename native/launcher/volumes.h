// Volumes: an ext4 file system each, in a file of its own, so that a size and a number of inodes bound it.
// Used by the mounter only.
#ifndef HSR_VOLUMES_H
#define HSR_VOLUMES_H

#include "mounter.h"

// Looks whether this host can have volumes, and sweeps what an interrupted creation or removal left.
bool volumes_open(const char *dir, char *why, size_t cap);
// Each sets `code` and `text` of the report where it fails.
void volume_create(const struct mounter_order *order, struct mounter_report *report);
void volume_remove(const struct mounter_order *order, struct mounter_report *report);
// Fills the report with the volume that comes after `index` others. False if there is none.
bool volume_list(unsigned index, const char *owner, struct mounter_report *report);
// Mounts it if it is not, and opens its root. -1 after setting the report. `*bytes` is its size.
int volume_attach(const char *owner, const char *name, struct mounter_report *report, uint64_t *bytes);
void volume_release(const char *name);

#endif
