#include "agent.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Where strings are copied to, each with the zero that the wire does not carry. */
struct arena {
    char *at;
    char *end;
};

static char *take_string(struct cursor *c, struct arena *a) {
    uint32_t length = cursor_u32(c);
    const uint8_t *bytes = cursor_take(c, length);
    if (!bytes || memchr(bytes, 0, length) || (size_t)(a->end - a->at) < (size_t)length + 1) {
        c->bad = true;
        return NULL;
    }
    char *string = a->at;
    memcpy(string, bytes, length);
    string[length] = 0;
    a->at += length + 1;
    return string;
}

static bool take_strings(struct cursor *c, struct arena *a, char **list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        list[i] = take_string(c, a);
        if (!list[i]) return false;
    }
    list[count] = NULL;
    return true;
}

static int take_rlimits(struct cursor *c, struct start *s) {
    s->rlimits = cursor_u8(c);
    if (s->rlimits > HSR_RLIMITS_MAX) return EINVAL;
    for (unsigned i = 0; i < s->rlimits; i++) {
        s->rlimit[i].resource = cursor_u8(c);
        s->rlimit[i].limit.rlim_cur = (rlim_t)cursor_u64(c);
        s->rlimit[i].limit.rlim_max = (rlim_t)cursor_u64(c);
        if (s->rlimit[i].resource >= RLIM_NLIMITS) return EINVAL;
    }
    return 0;
}

int start_parse(const uint8_t *payload, size_t length, struct start *s) {
    struct cursor c = cursor_on(payload, length);
    memset(s, 0, sizeof *s);
    s->flags = cursor_u32(&c);
    s->uid = cursor_u32(&c);
    s->gid = cursor_u32(&c);
    s->umask = cursor_u32(&c);
    s->rows = cursor_u16(&c);
    s->cols = cursor_u16(&c);
    s->stdout_credit = cursor_u64(&c);
    s->stderr_credit = cursor_u64(&c);
    if (s->flags & HSR_START_TIMED) s->timeout_ms = cursor_u64(&c);
    int error = take_rlimits(&c, s);
    if (error) return error;
    uint32_t argc = cursor_u32(&c), envc = cursor_u32(&c);
    if (c.bad || argc == 0) return EINVAL;
    if (argc > HSR_ARGV_MAX || envc > HSR_ENV_MAX) return E2BIG;
    if (s->umask > 0777 || (s->flags & ~15u)) return EINVAL;
    if (s->flags & HSR_START_TIMED && (s->timeout_ms == 0 || s->timeout_ms > HSR_TIMEOUT_MAX_MS))
        return EINVAL;
    size_t arrays = (argc + envc + 2) * sizeof(char *);
    /* A string on the wire costs four bytes beside its own; its zero costs one here. */
    size_t strings = cursor_left(&c);
    s->memory = malloc(arrays + strings);
    if (!s->memory) return ENOMEM;
    struct arena a = {.at = (char *)s->memory + arrays, .end = (char *)s->memory + arrays + strings};
    s->argv = s->memory;
    s->envp = s->argv + argc + 1;
    s->cwd = take_string(&c, &a);
    if (!s->cwd || !take_strings(&c, &a, s->argv, argc) || !take_strings(&c, &a, s->envp, envc))
        return EINVAL;
    if (!cursor_done(&c) || s->cwd[0] != '/' || s->argv[0][0] == 0) return EINVAL;
    return 0;
}

void start_free(struct start *s) {
    free(s->memory);
    s->memory = NULL;
}
