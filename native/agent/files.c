/* Requests about files. They are served with the guest's file-system identity, so a path can lead nowhere
 * that the guest could not go itself; and nothing that a guest may put at the end of a path makes the agent
 * wait. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int take_path(struct cursor *c, char path[HSR_PATH_BYTES]) {
    uint16_t length = cursor_u16(c);
    const uint8_t *bytes = cursor_take(c, length);
    if (!bytes) return EINVAL;
    if (length >= HSR_PATH_BYTES) return ENAMETOOLONG;
    if (length == 0 || bytes[0] != '/' || memchr(bytes, 0, length)) return EINVAL;
    memcpy(path, bytes, length);
    path[length] = 0;
    return 0;
}

uint8_t kind_of(mode_t mode) {
    return S_ISREG(mode)   ? HSR_KIND_FILE
           : S_ISDIR(mode) ? HSR_KIND_FOLDER
           : S_ISLNK(mode) ? HSR_KIND_LINK
                           : HSR_KIND_OTHER;
}

/* A regular file, opened without waiting for a writer, a lease or a terminal. Files of the kernel's own
 * (/proc, /sys) are refused: some show the agent itself, some never end. */
int files_open_regular(const char *path, struct stat *about) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -errno;
    struct statfs system;
    int error = 0;
    if (fstat(fd, about) != 0 || fstatfs(fd, &system) != 0)
        error = errno;
    else if (S_ISDIR(about->st_mode))
        error = EISDIR;
    else if (!S_ISREG(about->st_mode))
        error = EINVAL;
    else if (system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC)
        error = EACCES;
    if (error) close(fd);
    return error ? -error : fd;
}

static void file_read(uint32_t id, struct cursor *c) {
    uint64_t offset = cursor_u64(c);
    uint32_t length = cursor_u32(c);
    char path[HSR_PATH_BYTES];
    int error = take_path(c, path);
    if (!error && (!cursor_done(c) || offset > INT64_MAX)) error = EINVAL;
    if (error) {
        answer(id, error, NULL, 0);
        return;
    }
    struct stat about;
    int fd = files_open_regular(path, &about);
    if (fd < 0) {
        answer(id, -fd, NULL, 0);
        return;
    }
    /* A reply has its error, the file's size and the bytes in one frame. */
    uint32_t most = HSR_READ_MAX - 12;
    if (length > most) length = most;
    uint8_t *body = malloc(8 + (size_t)length);
    ssize_t n = body ? pread(fd, body + 8, length, (off_t)offset) : -1;
    error = body ? errno : ENOMEM;
    close(fd);
    if (n >= 0) {
        struct pen p = pen_on(body, 8);
        pen_u64(&p, (uint64_t)about.st_size);
        answer(id, 0, body, 8 + (size_t)n);
    } else
        answer(id, error, NULL, 0);
    free(body);
}

void files_tell_stat(struct pen *p, const struct stat *about) {
    pen_u8(p, kind_of(about->st_mode));
    pen_u32(p, about->st_mode & 07777);
    pen_u64(p, (uint64_t)about->st_size);
    pen_u64(p, (uint64_t)((int64_t)about->st_mtim.tv_sec * 1000 + about->st_mtim.tv_nsec / 1000000));
    pen_u32(p, about->st_uid);
    pen_u32(p, about->st_gid);
}

static void file_stat(uint32_t id, struct cursor *c) {
    uint8_t follow = cursor_u8(c);
    char path[HSR_PATH_BYTES];
    int error = take_path(c, path);
    struct stat about;
    if (!error && !cursor_done(c)) error = EINVAL;
    if (!error && fstatat(AT_FDCWD, path, &about, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) error = errno;
    if (error) {
        answer(id, error, NULL, 0);
        return;
    }
    uint8_t body[64 + HSR_PATH_BYTES];
    char target[HSR_PATH_BYTES];
    ssize_t length = S_ISLNK(about.st_mode) ? readlink(path, target, sizeof target) : 0;
    struct pen p = pen_on(body, sizeof body);
    files_tell_stat(&p, &about);
    pen_u16(&p, (uint16_t)(length > 0 ? length : 0));
    pen_bytes(&p, target, length > 0 ? (size_t)length : 0);
    answer(id, 0, body, (size_t)(p.at - body));
}

/* A link's target: any text, since what it means is the guest's own matter. */
static int take_target(struct cursor *c, char target[HSR_PATH_BYTES]) {
    uint16_t length = cursor_u16(c);
    const uint8_t *bytes = cursor_take(c, length);
    if (!bytes || length == 0 || memchr(bytes, 0, length)) return EINVAL;
    if (length >= HSR_PATH_BYTES) return ENAMETOOLONG;
    memcpy(target, bytes, length);
    target[length] = 0;
    return 0;
}

/* Each folder of the path that is missing. `upto` excludes the last part. */
static int make_parents(char *path, mode_t mode) {
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        int error =
            mkdir(path, mode) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES ? 0 : errno;
        *slash = '/';
        if (error) return error;
    }
    return 0;
}

int files_make_parents(char *path) {
    return make_parents(path, 0755);
}

static int folder_make(char *path, mode_t mode, bool parents) {
    if (!parents) return mkdir(path, mode) == 0 ? 0 : errno;
    int error = make_parents(path, 0755);
    if (error) return error;
    if (mkdir(path, mode) == 0) return 0;
    struct stat about;
    error = errno;
    return error == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? 0 : error;
}

/* The requests that change something: a token first, then what each needs. */
static void file_change(const struct message *m, struct cursor *c) {
    uint64_t token = cursor_u64(c);
    uint32_t mode = m->type == HSR_MSG_FILE_MKDIR || m->type == HSR_MSG_FILE_CHMOD ? cursor_u32(c) : 0;
    uint8_t flags = m->type == HSR_MSG_FILE_MKDIR || m->type == HSR_MSG_FILE_REMOVE ? cursor_u8(c) : 0;
    char path[HSR_PATH_BYTES], to[HSR_PATH_BYTES];
    int error = take_path(c, path);
    if (!error && m->type == HSR_MSG_FILE_MOVE) error = take_path(c, to);
    if (!error && m->type == HSR_MSG_FILE_LINK) error = take_target(c, to);
    /* No file gets a set-id bit through the agent. */
    if (!error && (!cursor_done(c) || (mode & ~01777u))) error = EINVAL;
    if (!c->bad && remembered(m->id, token)) return;
    bool more = false;
    uint8_t body[1];
    if (!error) {
        switch (m->type) {
        case HSR_MSG_FILE_MKDIR:
            error = folder_make(path, mode, flags & HSR_MKDIR_PARENTS);
            break;
        case HSR_MSG_FILE_MOVE:
            error = rename(path, to) == 0 ? 0 : errno;
            break;
        case HSR_MSG_FILE_LINK:
            error = symlink(to, path) == 0 ? 0 : errno;
            break;
        case HSR_MSG_FILE_CHMOD:
            error = chmod(path, mode) == 0 ? 0 : errno;
            break;
        default:
            if (flags & HSR_REMOVE_RECURSIVE)
                error = folder_remove(path, &more);
            else if (unlink(path) != 0 && (errno != EISDIR || rmdir(path) != 0))
                error = errno;
        }
    }
    body[0] = more;
    answer_once(m->id, token, error, body, m->type == HSR_MSG_FILE_REMOVE && !error ? 1 : 0);
}

void file_request(const struct message *m) {
    struct cursor c = cursor_on(m->payload, m->length);
    if (session_quiesced()) {
        if (m->type == HSR_MSG_FILE_STREAM)
            channel_closed(m->id, EBUSY);
        else
            answer(m->id, EBUSY, NULL, 0);
        return;
    }
    identity_enter_guest_files();
    switch (m->type) {
    case HSR_MSG_FILE_READ:
        file_read(m->id, &c);
        break;
    case HSR_MSG_FILE_STREAM:
        reading_open(m->id, &c);
        break;
    case HSR_MSG_FILE_STAT:
        file_stat(m->id, &c);
        break;
    case HSR_MSG_FILE_LIST:
        folder_list(m->id, &c);
        break;
    default:
        file_change(m, &c);
    }
    identity_leave_guest_files();
}
