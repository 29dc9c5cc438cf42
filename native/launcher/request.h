// One request as a value: what a gateway may say. Parsing has no effect and knows no rule beyond form and
// bounds.
#ifndef HSR_REQUEST_H
#define HSR_REQUEST_H

#include "limits.h"
#include "mounts.h"
#include "wire.h"

struct request {
    uint16_t type;
    uint32_t number; // chosen by the gateway, repeated in the reply
    uint64_t version_min;
    uint64_t version_max;
    char sandbox[WIRE_NAME_MAX_BYTES + 1];
    char profile[WIRE_NAME_MAX_BYTES + 1];
    char tenant[WIRE_NAME_MAX_BYTES + 1];
    char owner[WIRE_NAME_MAX_BYTES + 1]; // empty where a gateway does not say who it is
    struct limits limits;
    limit_set required;
    char volume[WIRE_NAME_MAX_BYTES + 1];
    uint64_t count;
    unsigned mount_count;
    // The body, for requests that carry a list of names (sweep).
    const uint8_t *body;
    size_t body_size;
};

// Parses header and body. On failure returns false and `*why` is a sentence for the gateway.
bool request_parse(const uint8_t *header, const uint8_t *body, size_t body_size, struct request *out,
                   const char **why);

// The mounts of a launch, in their order: at most MOUNTS_MAX, and each is well-formed.
void request_mounts(const struct request *request, struct mount_wish *out);

// Whether `name` is among the sandboxes that a sweep request names.
bool request_names(const struct request *request, const char *name);

#endif
