#include "config.h"

#include "../common/walls.h"
#include "io.h"
#include "wire.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Ids from 0x70000000 on lie behind the ranges that systemd-nspawn gives out, and are free on ordinary hosts.
#define DEFAULT_ID_BASE UINT64_C(0x70000000)
#define DEFAULT_ID_COUNT (UINT64_C(1088) * RANGE_IDS)

static bool number(const char *text, uint64_t max, uint64_t *out) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] == '-' || value > max) return false;
    *out = value;
    return true;
}

static bool cgroup_name_good(const char *name) {
    struct field field = {.size = (uint16_t)strnlen(name, 1000), .bytes = (const uint8_t *)name};
    char copy[WIRE_NAME_MAX_BYTES + 1];
    return field_name(&field, copy);
}

static bool complete(const struct config *c) {
    const char *const paths[] = {c->socket_path, c->state_dir, c->agent_path, c->bwrap_path, c->seccomp_dir};
    const char *const names[] = {"--socket", "--state-dir", "--agent", "--bwrap", "--seccomp-dir"};
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!paths[i] || paths[i][0] != '/') {
            note("%s must be given, as an absolute path", names[i]);
            return false;
        }
    }
    if (c->node_path && c->node_path[0] != '/') {
        note("--node must be an absolute path");
        return false;
    }
    if ((c->mounts_path || c->volumes_dir) && !c->root) {
        note("--mounts and --volumes-dir need a launcher that root started");
        return false;
    }
    if ((c->mounts_path && c->mounts_path[0] != '/') || (c->volumes_dir && c->volumes_dir[0] != '/')) {
        note("--mounts and --volumes-dir must be absolute paths");
        return false;
    }
    if (!cgroup_name_good(c->cgroup_name)) {
        note("--cgroup-name must be made of a-z, 0-9 and '-'");
        return false;
    }
    // Host ids below the range of ordinary users are never given to a guest, the host's root least of all.
    bool range = c->id_base >= 100000 && c->id_base % RANGE_IDS == 0 && c->id_count >= RANGE_IDS &&
                 c->id_base + c->id_count <= UINT64_C(0xfffe0000);
    if (c->root && !range) {
        note("--id-base must be a multiple of 65536 from 131072 on, and --id-count at least 65536");
        return false;
    }
    return true;
}

bool config_read(struct config *c, int argc, char **argv) {
    *c = (struct config){.bwrap_path = "/usr/bin/bwrap",
                         .cgroup_name = "hsr",
                         .allow_uid = geteuid(),
                         .id_base = DEFAULT_ID_BASE,
                         .id_count = DEFAULT_ID_COUNT,
                         .stems = 8,
                         .root = geteuid() == 0};
    enum {
        SOCKET = 1,
        STATE,
        AGENT,
        NODE,
        BWRAP,
        SECCOMP,
        ALLOW,
        BASE,
        COUNT,
        CGROUP,
        STEMS,
        MOUNTS,
        VOLUMES,
        VERSION,
        WITHOUT
    };
    static const struct option options[] = {
        {"socket", required_argument, NULL, SOCKET},
        {"state-dir", required_argument, NULL, STATE},
        {"agent", required_argument, NULL, AGENT},
        {"node", required_argument, NULL, NODE},
        {"bwrap", required_argument, NULL, BWRAP},
        {"seccomp-dir", required_argument, NULL, SECCOMP},
        {"allow-uid", required_argument, NULL, ALLOW},
        {"id-base", required_argument, NULL, BASE},
        {"id-count", required_argument, NULL, COUNT},
        {"cgroup-name", required_argument, NULL, CGROUP},
        {"stems", required_argument, NULL, STEMS},
        {"mounts", required_argument, NULL, MOUNTS},
        {"volumes-dir", required_argument, NULL, VOLUMES},
        {"version", no_argument, NULL, VERSION},
#ifdef HSR_TEST_WALLS
        {"without", required_argument, NULL, WITHOUT},
#endif
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        uint64_t value = 0;
        bool good = true;
        switch (option) {
        case SOCKET:
            c->socket_path = optarg;
            break;
        case STATE:
            c->state_dir = optarg;
            break;
        case AGENT:
            c->agent_path = optarg;
            break;
        case NODE:
            c->node_path = optarg;
            break;
        case BWRAP:
            c->bwrap_path = optarg;
            break;
        case SECCOMP:
            c->seccomp_dir = optarg;
            break;
        case MOUNTS:
            c->mounts_path = optarg;
            break;
        case VOLUMES:
            c->volumes_dir = optarg;
            break;
        case CGROUP:
            c->cgroup_name = optarg;
            break;
        case ALLOW:
            good = number(optarg, 0xfffffffe, &value);
            c->allow_uid = (uid_t)value;
            break;
        case BASE:
            good = number(optarg, 0xfffffffe, &c->id_base);
            break;
        case COUNT:
            good = number(optarg, 0xfffffffe, &c->id_count);
            break;
        case STEMS:
            good = number(optarg, 64, &value);
            c->stems = (unsigned)value;
            break;
#ifdef HSR_TEST_WALLS
        case WITHOUT:
            if (wall_take_away(optarg)) break;
            note("there is no wall %s, or it cannot go together with another", optarg);
            return false;
#endif
        case VERSION:
            puts("hsr-launcher 0.1.0");
            exit(0);
        default:
            return false;
        }
        if (!good) {
            note("%s is no number that this option takes", optarg);
            return false;
        }
    }
    if (optind != argc) {
        note("%s: no arguments but options are taken", argv[optind]);
        return false;
    }
    return complete(c);
}
