/* What the parts of a watch know of each other. */
#ifndef HSR_WATCH_H
#define HSR_WATCH_H

#include "agent.h"

/* Bytes of paths that one watch keeps. */
#define WATCH_BYTES_MAX 65536u

struct watch_event {
    uint8_t kind;
    bool folder;
    uint32_t cookie; /* of a move whose other half may still come */
    uint16_t path_length, to_length;
    char bytes[];
};

struct watch_folder {
    int wd; /* -1: not in use */
    int parent;
    uint32_t cookie; /* it was moved, nobody knows where to yet */
    char *name;
};

struct watch {
    uint32_t id;
    int inotify; /* -1 once it has ended */
    uint16_t depth;
    char *path;
    /* Events by sequence number: kept from `first` on; those before `settled` do not change any more. NULL
     * stands for one that there was no memory for. */
    struct watch_event *events[HSR_WATCH_EVENTS_MAX];
    uint32_t bytes;
    uint64_t first, settled, next;
    int64_t settle_at_ms; /* 0: nothing to settle */
    /* In this epoch. */
    bool followed;
    uint64_t sent, credit, jump_told;
    struct watch_folder *folders; /* the first is the watched one */
    int folder_count;
};

/* --- watch_events.c --- */

void watch_add(struct watch *w, uint8_t kind, bool folder, uint32_t cookie, const char *path, size_t length);
/* Makes one event of the two halves of a move. False if the first half is not there any more. */
bool watch_pair_move(struct watch *w, uint32_t cookie, const char *to, size_t length);
/* What was gathered does not change any more. */
void watch_settle(struct watch *w);
void watch_free_events(struct watch *w);

/* --- watch_tree.c --- */

/* Opens the folder and watches it and what is below it. 0 or an errno. */
int tree_begin(struct watch *w);
/* Takes what the kernel tells, a bounded part of it. */
void tree_read(struct watch *w);
/* Folders that were moved and did not come back are not watched any more. */
void tree_settle(struct watch *w);
void tree_end(struct watch *w);

#endif
