/* Whole files from the gateway, in pieces: under a temporary name in the same folder until the last piece is
 * there, and then under their own, so that no reader ever sees half of one. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct transfer {
    bool used;
    uint32_t id;
    uint64_t token;
    mode_t mode;
    int folder, file;
    uint64_t written, window; /* bytes of it; offset up to which the gateway was last told to send */
    char temporary[32];
    char name[256];
};

static struct transfer table[HSR_TRANSFERS_MAX];

static struct transfer *find(uint32_t id) {
    for (size_t i = 0; i < HSR_TRANSFERS_MAX; i++) {
        if (table[i].used && table[i].id == id) return &table[i];
    }
    return NULL;
}

static void drop(struct transfer *t) {
    identity_enter_guest_files();
    if (t->file >= 0) {
        close(t->file);
        unlinkat(t->folder, t->temporary, 0);
    }
    if (t->folder >= 0) close(t->folder);
    identity_leave_guest_files();
    t->used = false;
}

void transfers_drop(void) {
    for (size_t i = 0; i < HSR_TRANSFERS_MAX; i++) {
        if (table[i].used) drop(&table[i]);
    }
}

void transfer_cancel(uint32_t id) {
    struct transfer *t = find(id);
    if (!t) return;
    drop(t);
    answer(id, ECANCELED, NULL, 0);
}

/* Opens the folder, making it if it is missing, and the temporary file in it. */
static int open_target(struct transfer *t, char *path) {
    char *slash = strrchr(path, '/');
    if (strlen(slash + 1) == 0) return EISDIR;
    if (strlen(slash + 1) >= sizeof t->name) return ENAMETOOLONG;
    memcpy(t->name, slash + 1, strlen(slash + 1) + 1);
    slash[1] = 0;
    t->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (t->folder < 0 && errno == ENOENT) {
        int error = files_make_parents(path);
        if (error) return error;
        t->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (t->folder < 0) return errno;
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint64_t)now_ms() ^ t->token;
    snprintf(t->temporary, sizeof t->temporary, ".hsr-%016llx", (unsigned long long)random);
    t->file = openat(t->folder, t->temporary,
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    return t->file < 0 ? errno : 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

static int finish(struct transfer *t) {
    if (fchmod(t->file, t->mode) != 0) return errno;
    if (renameat(t->folder, t->temporary, t->folder, t->name) != 0) return errno;
    close(t->file);
    t->file = -1;
    return 0;
}

/* NULL if the request was answered already. */
static struct transfer *begin(const struct message *m, struct cursor *c) {
    uint64_t token = cursor_u64(c);
    uint32_t mode = cursor_u32(c);
    char path[HSR_PATH_BYTES];
    int error = take_path(c, path);
    if (!error && (mode & ~0777u)) error = EINVAL;
    if (!error && remembered(m->id, token)) return NULL;
    if (!error && session_quiesced()) error = EBUSY;
    if (!error && (find(m->id) || !channel_is_free(m->id))) error = EEXIST;
    struct transfer *t = NULL;
    for (size_t i = 0; i < HSR_TRANSFERS_MAX && !t; i++) {
        if (!table[i].used) t = &table[i];
    }
    if (!error && !t) error = EAGAIN;
    if (!error) {
        *t = (struct transfer){.used = true,
                               .id = m->id,
                               .token = token,
                               .mode = mode,
                               .folder = -1,
                               .file = -1,
                               .window = HSR_WRITE_WINDOW};
        identity_enter_guest_files();
        error = open_target(t, path);
        identity_leave_guest_files();
        if (error) drop(t);
    }
    if (error) answer_once(m->id, token, error, NULL, 0);
    return error ? NULL : t;
}

void transfer_message(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    /* A piece of a transfer that failed or was cancelled is passed over: it was answered. */
    struct transfer *t = m->flags & HSR_FLAG_BEGIN ? begin(m, &c) : find(m->id);
    if (!t) return;
    identity_enter_guest_files();
    int error = write_all(t->file, c.at, cursor_left(&c));
    bool end = m->flags & HSR_FLAG_END;
    if (!error && end) error = finish(t);
    identity_leave_guest_files();
    if (!error && !end) {
        t->written += cursor_left(&c);
        /* Nothing is kept here, so the window only keeps the gateway from running far ahead of the disk. */
        if (t->written + HSR_WRITE_WINDOW - t->window < HSR_WRITE_WINDOW / 4) return;
        t->window = t->written + HSR_WRITE_WINDOW;
        channel_window(m->id, t->window);
        return;
    }
    uint64_t token = t->token;
    drop(t);
    answer_once(m->id, token, error, NULL, 0);
}
