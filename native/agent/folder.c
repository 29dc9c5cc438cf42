/* Trees of folders, walked by descriptors and never through a link, so that a guest that swaps a folder for a
 * link while the agent walks leads it nowhere. Each request does a bounded amount of work. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMOVE_MAX 4096
#define REMOVE_DEPTH_MAX 128

struct listing {
    struct pen pen;
    uint32_t skip, limit, count, scanned;
    bool more;
    char path[HSR_PATH_BYTES]; /* of the current folder, relative to the listed one */
};

static void list_folder(struct listing *l, int fd, unsigned depth, size_t path_length) {
    struct names *n = malloc(sizeof *n);
    const char *name;
    if (!n) l->more = true;
    if (n) n->fd = fd, n->length = n->at = 0;
    while (n && !l->more && (name = names_next(n, NULL))) {
        size_t length = strlen(name);
        struct stat about;
        if (path_length + length + 2 > sizeof l->path || fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (++l->scanned > HSR_LIST_SCAN_MAX || l->count == l->limit) {
            l->more = true;
            break;
        }
        memcpy(l->path + path_length, name, length + 1);
        if (l->scanned > l->skip) {
            struct pen before = l->pen;
            pen_u8(&l->pen, kind_of(about.st_mode));
            pen_u32(&l->pen, about.st_mode & 07777);
            pen_u64(&l->pen, (uint64_t)about.st_size);
            pen_u64(&l->pen,
                    (uint64_t)((int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000));
            pen_u16(&l->pen, (uint16_t)(path_length + length));
            pen_bytes(&l->pen, l->path, path_length + length);
            if (l->pen.bad) {
                l->pen = before;
                l->more = true;
                break;
            }
            l->count++;
        }
        if (!S_ISDIR(about.st_mode) || depth <= 1) continue;
        int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (child < 0) continue; /* gone, or not the guest's to read: its own entry is there */
        l->path[path_length + length] = '/';
        list_folder(l, child, depth - 1, path_length + length + 1);
        close(child);
    }
    free(n);
}

void folder_list(uint32_t id, struct cursor *c) {
    uint16_t depth = cursor_u16(c);
    struct listing l = {.skip = cursor_u32(c), .limit = cursor_u32(c)};
    char path[HSR_PATH_BYTES];
    int error = take_path(c, path);
    if (!error && (!cursor_done(c) || depth == 0 || depth > HSR_LIST_DEPTH_MAX)) error = EINVAL;
    uint8_t *body = NULL;
    int fd = -1;
    if (!error) {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) error = errno;
    }
    if (!error && !(body = malloc(HSR_PAYLOAD_MAX - 4))) error = ENOMEM;
    if (!error) {
        l.pen = pen_on(body, HSR_PAYLOAD_MAX - 4);
        pen_u8(&l.pen, 0);
        pen_u32(&l.pen, 0);
        list_folder(&l, fd, depth, 0);
        struct pen head = pen_on(body, 5);
        pen_u8(&head, l.more);
        pen_u32(&head, l.count);
    }
    if (fd >= 0) close(fd);
    answer(id, error, body, error ? 0 : (size_t)(l.pen.at - body));
    free(body);
}

static int remove_in(int fd, unsigned depth, unsigned *budget) {
    struct names *n = malloc(sizeof *n);
    if (!n) return ENOMEM;
    n->fd = fd;
    n->length = n->at = 0;
    const char *name;
    int error = 0;
    while (!error && *budget && (name = names_next(n, NULL))) {
        --*budget;
        if (unlinkat(fd, name, 0) == 0 || errno == ENOENT) continue;
        if (errno != EISDIR && errno != EPERM) {
            error = errno;
            break;
        }
        int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (child < 0) {
            error = errno;
            break;
        }
        error = depth == 0 ? ELOOP : remove_in(child, depth - 1, budget);
        close(child);
        /* A folder that is not empty yet (the budget is spent, or the guest fills it meanwhile) stays for the
         * next request. */
        if (!error && unlinkat(fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT && errno != ENOTEMPTY)
            error = errno;
    }
    free(n);
    return error;
}

int folder_remove(const char *path, bool *more) {
    if (unlink(path) == 0) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return errno;
    unsigned budget = REMOVE_MAX;
    int error = remove_in(fd, REMOVE_DEPTH_MAX, &budget);
    close(fd);
    if (error) return error;
    if (rmdir(path) == 0) return 0;
    *more = errno == ENOTEMPTY && budget < REMOVE_MAX;
    return *more ? 0 : errno;
}
