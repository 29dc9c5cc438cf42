// What every sandbox sees of the host, prepared once: a small folder with the agent, Node, /etc and a mount
// point for scratch space, and the one command line of bwrap.
#ifndef HSR_STAGE_H
#define HSR_STAGE_H

#include "config.h"

enum { STAGE_ARGS_MAX = 160 };

struct stage {
    char dir[256];
    char scratch[300];   // an empty folder; each sandbox mounts its tmpfs here, in its own mount namespace
    char terminals[300]; // another, for its own terminals
    char text[STAGE_ARGS_MAX][320];
    char *argv[STAGE_ARGS_MAX + 1];
    unsigned count;
    unsigned mounts_at; // of `argv`: where the binds of one sandbox's own mounts belong
};

// Started by root: takes a mount namespace of the launcher's own and puts the stage on a tmpfs there, so that
// ids without any right on the host can reach it whatever the modes of the folders in between. Otherwise the
// stage lies in the state directory. Returns false after a note.
bool stage_make(struct stage *stage, const struct config *config);

#endif
