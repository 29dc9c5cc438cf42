#include "request.h"

#include <string.h>

// Fields that stand once take a bit here, so that a second one is refused instead of silently winning.
static bool number_slot(struct request *r, uint16_t tag, uint64_t **slot) {
    switch (tag) {
    case TAG_VERSION_MIN:
        *slot = &r->version_min;
        return true;
    case TAG_VERSION_MAX:
        *slot = &r->version_max;
        return true;
    case TAG_MEMORY_BYTES:
        *slot = &r->limits.memory_bytes;
        return true;
    case TAG_PIDS:
        *slot = &r->limits.pids;
        return true;
    case TAG_CPU_MILLIS:
        *slot = &r->limits.cpu_millis;
        return true;
    case TAG_DEADLINE_MS:
        *slot = &r->limits.deadline_ms;
        return true;
    case TAG_DISK_BYTES:
        *slot = &r->limits.disk_bytes;
        return true;
    case TAG_INODES:
        *slot = &r->limits.inodes;
        return true;
    case TAG_OPEN_FILES:
        *slot = &r->limits.open_files;
        return true;
    case TAG_COUNT:
        *slot = &r->count;
        return true;
    default:
        return false;
    }
}

static char *name_slot(struct request *r, uint16_t tag) {
    switch (tag) {
    case TAG_SANDBOX:
        return r->sandbox;
    case TAG_PROFILE:
        return r->profile;
    case TAG_TENANT:
        return r->tenant;
    case TAG_OWNER:
        return r->owner;
    case TAG_VOLUME:
        return r->volume;
    default:
        return NULL;
    }
}

static bool required_limit(struct request *r, const struct field *field) {
    for (int i = 0; i < LIMIT_COUNT; i++) {
        if (strlen(limit_names[i]) == field->size && memcmp(limit_names[i], field->bytes, field->size) == 0) {
            r->required |= 1u << i;
            return true;
        }
    }
    return false;
}

static bool take_field(struct request *r, const struct field *field, uint64_t *seen, const char **why) {
    uint16_t tag = field->tag & (uint16_t)~TAG_CRITICAL;
    // A sweep's names are a list; they are read again by `request_names`.
    bool list = tag == TAG_REQUIRED || tag == TAG_MOUNT || (tag == TAG_SANDBOX && r->type == MSG_SWEEP);
    if (tag < 64 && !list) {
        if (*seen >> tag & 1) {
            *why = "a field stands twice";
            return false;
        }
        *seen |= UINT64_C(1) << tag;
    }
    uint64_t *number;
    char *name;
    if (number_slot(r, tag, &number)) {
        *why = "a number is not eight bytes long";
        return field_u64(field, number);
    }
    if ((name = name_slot(r, tag))) {
        *why = "a name has characters or a length that names do not have";
        return field_name(field, name);
    }
    if (tag == TAG_REQUIRED) {
        *why = "an unknown limit is required";
        return required_limit(r, field);
    }
    if (tag == TAG_MOUNT) {
        struct mount_wish wish;
        *why = "a mount is not well-formed, or is one too many";
        return mount_wish_parse(field->bytes, field->size, &wish) && ++r->mount_count <= MOUNTS_MAX;
    }
    *why = "a critical field is unknown to this launcher";
    return !(field->tag & TAG_CRITICAL);
}

// What each type cannot do without.
static bool complete(const struct request *r, uint64_t seen, const char **why) {
    const uint64_t versions = 1u << TAG_VERSION_MIN | 1u << TAG_VERSION_MAX;
    const uint64_t sandbox = 1u << TAG_SANDBOX;
    const uint64_t deadline = 1u << TAG_DEADLINE_MS;
    const uint64_t launch = sandbox | versions | deadline | 1u << TAG_MEMORY_BYTES | 1u << TAG_PIDS |
                            1u << TAG_CPU_MILLIS | 1u << TAG_DISK_BYTES | 1u << TAG_INODES |
                            1u << TAG_OPEN_FILES | 1u << TAG_PROFILE | 1u << TAG_TENANT;
    uint64_t needed = 0;
    switch (r->type) {
    case MSG_HELLO:
        needed = versions;
        break;
    case MSG_LAUNCH:
    case MSG_CLAIM:
        needed = launch;
        break;
    case MSG_JOIN:
        needed = versions | sandbox;
        break;
    case MSG_KILL:
    case MSG_USAGE:
    case MSG_METRICS:
    case MSG_END:
        needed = sandbox;
        break;
    case MSG_DEADLINE:
        needed = sandbox | deadline;
        break;
    case MSG_PREPARE:
        needed = 1u << TAG_COUNT;
        break;
    case MSG_VOLUME_CREATE:
        needed = UINT64_C(1) << TAG_VOLUME | 1u << TAG_DISK_BYTES | 1u << TAG_INODES;
        break;
    case MSG_VOLUME_REMOVE:
        needed = UINT64_C(1) << TAG_VOLUME;
        break;
    case MSG_VOLUME_LIST:
    case MSG_LIST:
    case MSG_FACTS:
    case MSG_SWEEP:
        break;
    default:
        *why = "the type is unknown to this launcher";
        return false;
    }
    *why = "a field is missing";
    return (seen & needed) == needed;
}

bool request_parse(const uint8_t *header, const uint8_t *body, size_t body_size, struct request *out,
                   const char **why) {
    *out = (struct request){
        .type = wire_u16(header + 4), .number = wire_u32(header + 8), .body = body, .body_size = body_size};
    *why = "the reserved bytes are not zero";
    if (wire_u16(header + 6) != 0) return false;
    struct fields fields = {body, body + body_size};
    struct field field;
    uint64_t seen = 0;
    bool broken = false;
    while (fields_next(&fields, &field, &broken))
        if (!take_field(out, &field, &seen, why)) return false;
    *why = "a field reaches past the end of the message";
    if (broken) return false;
    return complete(out, seen, why);
}

void request_mounts(const struct request *request, struct mount_wish *out) {
    struct fields fields = {request->body, request->body + request->body_size};
    struct field field;
    bool broken = false;
    while (fields_next(&fields, &field, &broken))
        if ((field.tag & ~TAG_CRITICAL) == TAG_MOUNT) mount_wish_parse(field.bytes, field.size, out++);
}

bool request_names(const struct request *request, const char *name) {
    struct fields fields = {request->body, request->body + request->body_size};
    struct field field;
    bool broken = false;
    size_t size = strlen(name);
    while (fields_next(&fields, &field, &broken))
        if ((field.tag & ~TAG_CRITICAL) == TAG_SANDBOX && field.size == size &&
            memcmp(field.bytes, name, size) == 0)
            return true;
    return false;
}
