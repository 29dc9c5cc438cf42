// The request parser under libFuzzer: any header and any body. Whatever is accepted must be what the
// protocol's page says, and names must be names.
#include "../request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition) {
    if (!condition) abort();
}

static void check_name(const char *name) {
    size_t size = strlen(name);
    must(size <= WIRE_NAME_MAX_BYTES);
    must(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size);
    must(size == 0 || name[0] != '-');
}

// No text of a mount leads out of what it names or over what is the jail's.
static void check_mounts(const struct request *request) {
    static struct mount_wish wishes[MOUNTS_MAX];
    must(request->mount_count <= MOUNTS_MAX);
    memset(wishes, 0, sizeof wishes);
    request_mounts(request, wishes);
    for (unsigned i = 0; i < request->mount_count; i++) {
        const struct mount_wish *wish = &wishes[i];
        check_name(wish->name);
        must(wish->name[0] && wish->target[0] == '/' && wish->target[1]);
        must(wish->sub[0] != '/' && strncmp(wish->sub, "..", 3) != 0 && strncmp(wish->sub, "../", 3) != 0);
        must(!strstr(wish->sub, "/../") && !strstr(wish->target, "/../") && !strstr(wish->target, "//"));
        must(strncmp(wish->target, "/proc", 6) != 0 && strncmp(wish->target, "/etc/", 5) != 0);
    }
    (void)mount_targets_overlap(wishes, request->mount_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < WIRE_HEADER_BYTES || size > WIRE_HEADER_BYTES + WIRE_REQUEST_MAX_BYTES) return 0;
    // A copy of exactly its size, so that the sanitizer sees a read past its end.
    size_t body_size = size - WIRE_HEADER_BYTES;
    uint8_t *body = malloc(body_size ? body_size : 1);
    must(body != NULL);
    memcpy(body, data + WIRE_HEADER_BYTES, body_size);
    struct request request;
    const char *why = NULL;
    enum limit which;
    if (request_parse(data, body, body_size, &request, &why)) {
        check_name(request.sandbox);
        check_name(request.profile);
        check_name(request.tenant);
        check_name(request.owner);
        check_name(request.volume);
        check_mounts(&request);
        must(request.required < 1u << LIMIT_COUNT);
        bool launches = request.type == MSG_LAUNCH || request.type == MSG_CLAIM;
        must(!launches || (request.sandbox[0] && request.profile[0] && request.tenant[0]));
        if (limits_check(&request.limits, &which)) must(request.limits.pids >= PIDS_MIN);
        if (request_names(&request, "sb-a")) must(body_size >= 8);
    } else {
        must(why != NULL && why[0]);
    }
    free(body);
    return 0;
}
