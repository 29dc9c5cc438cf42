/* The folders of a watch, each with the kernel's number for it. Their paths are put together from their names
 * and parents, so that a folder that is moved takes what is below it along. Everything is done with the
 * guest's file-system identity, and folders are opened without following a link at their end. */
#include "watch.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGES                                                                                              \
    (IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |          \
     IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

struct walk {
    struct watch *watch;
    bool announce;   /* what is found is news */
    uint32_t looked; /* entries */
};

/* The path of `name` in folder `index`, relative to the watched one. 0 if it is too long. */
static size_t path_of(const struct watch *w, int index, const char *name, char path[HSR_PATH_BYTES]) {
    size_t start = HSR_PATH_BYTES;
    for (int depth = 0; depth <= HSR_LIST_DEPTH_MAX * 4; depth++) {
        size_t length = strlen(name);
        if (length + 1 > start) return 0;
        path[--start] = depth ? '/' : 0;
        start -= length;
        memcpy(path + start, name, length);
        if (index == 0) {
            memmove(path, path + start, HSR_PATH_BYTES - start);
            return HSR_PATH_BYTES - start - 1;
        }
        name = w->folders[index].name;
        index = w->folders[index].parent;
    }
    return 0;
}

static int depth_of(const struct watch *w, int index) {
    int depth = 0;
    for (; index != 0 && depth <= HSR_LIST_DEPTH_MAX * 4; index = w->folders[index].parent)
        depth++;
    return depth;
}

static void add(struct watch *w, uint8_t kind, bool folder, uint32_t cookie, int index, const char *name) {
    char path[HSR_PATH_BYTES];
    size_t length = path_of(w, index, name, path);
    if (length)
        watch_add(w, kind, folder, cookie, path, length);
    else
        watch_add(w, HSR_CHANGE_OVERFLOW, true, 0, NULL, 0);
}

static int find(const struct watch *w, int wd) {
    for (int i = 0; i < w->folder_count; i++) {
        if (w->folders[i].wd == wd) return i;
    }
    return -1;
}

static int find_child(const struct watch *w, int parent, const char *name) {
    for (int i = 1; i < w->folder_count; i++) {
        const struct watch_folder *f = &w->folders[i];
        if (f->wd >= 0 && !f->cookie && f->parent == parent && strcmp(f->name, name) == 0) return i;
    }
    return -1;
}

static void forget(struct watch *w, int index, bool remove) {
    struct watch_folder *f = &w->folders[index];
    if (f->wd < 0) return;
    if (remove) inotify_rm_watch(w->inotify, f->wd);
    f->wd = -1;
    free(f->name);
    f->name = NULL;
    for (int i = 1; i < w->folder_count; i++) {
        if (w->folders[i].wd >= 0 && w->folders[i].parent == index) forget(w, i, true);
    }
}

/* A place for one more folder, or -1. */
static int place(struct watch *w) {
    for (int i = 0; i < w->folder_count; i++) {
        if (w->folders[i].wd < 0) return i;
    }
    if (w->folder_count == HSR_WATCH_FOLDERS_MAX) return -1;
    if ((w->folder_count & (w->folder_count - 1)) == 0) { /* full at each power of two */
        size_t room = w->folder_count ? (size_t)w->folder_count * 2 : 1;
        struct watch_folder *folders = realloc(w->folders, room * sizeof *folders);
        if (!folders) return -1;
        w->folders = folders;
    }
    w->folders[w->folder_count] = (struct watch_folder){.wd = -1};
    return w->folder_count++;
}

/* Watches an open folder. Its index, or a negative errno. */
static int watch_folder(struct watch *w, int fd, int parent, const char *name) {
    char self[32];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int wd = inotify_add_watch(w->inotify, self, CHANGES);
    if (wd < 0) return -errno;
    int index = find(w, wd);
    char *copy = strdup(name);
    if (copy && index < 0) index = place(w);
    if (!copy || index < 0) {
        inotify_rm_watch(w->inotify, wd);
        free(copy);
        return -ENOMEM;
    }
    struct watch_folder *f = &w->folders[index];
    free(f->name);
    *f = (struct watch_folder){.wd = wd, .parent = parent, .name = copy};
    return index;
}

static bool is_folder(int fd, const char *name, uint8_t type) {
    struct stat about;
    if (type != DT_UNKNOWN) return type == DT_DIR;
    return fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

/* Watches first and looks then, so that what is made in between is told twice rather than never. */
static int walk(struct walk *k, int fd, int parent, const char *name, int depth) {
    struct watch *w = k->watch;
    int index = watch_folder(w, fd, parent, name);
    if (index < 0) return -index;
    if (!k->announce && depth + 1 >= w->depth) return 0;
    struct names *n = malloc(sizeof *n);
    if (!n) return ENOMEM;
    n->fd = fd;
    n->length = n->at = 0;
    uint8_t type;
    const char *entry;
    while ((entry = names_next(n, &type))) {
        if (++k->looked > HSR_LIST_SCAN_MAX) {
            watch_add(w, HSR_CHANGE_OVERFLOW, true, 0, NULL, 0);
            break;
        }
        bool folder = is_folder(fd, entry, type);
        if (k->announce) add(w, HSR_CHANGE_CREATED, folder, 0, index, entry);
        if (!folder || depth + 1 >= w->depth) continue;
        int child = openat(fd, entry, FOLDER_FLAGS);
        if (child < 0) continue; /* gone, or not the guest's to read */
        int error = walk(k, child, index, entry, depth + 1);
        close(child);
        /* Whoever needs the whole picture has to look for himself from here on. */
        if (error) add(w, HSR_CHANGE_OVERFLOW, true, 0, index, entry);
    }
    free(n);
    return 0;
}

/* Only for a moment: the kernel does not tell that a folder was removed as long as somebody holds it open. */
static int open_root(const struct watch *w) {
    return open(w->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
}

/* Something that is a folder has appeared. */
static void take_folder(struct watch *w, int parent, const char *name, bool announce) {
    char path[HSR_PATH_BYTES];
    int depth = depth_of(w, parent) + 1;
    if (depth >= w->depth || !path_of(w, parent, name, path)) return;
    int root = open_root(w);
    int fd = root < 0 ? -1 : openat(root, path, FOLDER_FLAGS);
    if (root >= 0) close(root);
    if (fd < 0) return; /* gone again, or not the guest's to read */
    struct walk k = {.watch = w, .announce = announce};
    if (walk(&k, fd, parent, name, depth)) add(w, HSR_CHANGE_OVERFLOW, true, 0, parent, name);
    close(fd);
}

int tree_begin(struct watch *w) {
    w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->inotify < 0) return errno;
    int root = open_root(w);
    if (root < 0) return errno;
    struct walk k = {.watch = w};
    int error = walk(&k, root, 0, "", 0);
    close(root);
    return error;
}

void tree_end(struct watch *w) {
    if (w->inotify >= 0) close(w->inotify);
    w->inotify = -1;
    for (int i = 0; i < w->folder_count; i++)
        free(w->folders[i].name);
    free(w->folders);
    w->folders = NULL;
    w->folder_count = 0;
}

void tree_settle(struct watch *w) {
    for (int i = 1; i < w->folder_count; i++) {
        if (w->folders[i].wd >= 0 && w->folders[i].cookie) forget(w, i, true);
    }
}

static void on_moved_to(struct watch *w, int index, const struct inotify_event *e, bool folder) {
    char path[HSR_PATH_BYTES];
    size_t length = path_of(w, index, e->name, path);
    bool paired = length && watch_pair_move(w, e->cookie, path, length);
    if (!paired) add(w, HSR_CHANGE_CREATED, folder, 0, index, e->name);
    /* A folder that was known keeps the kernel's number, and by that its place here. */
    if (folder) take_folder(w, index, e->name, !paired);
}

static void on_change(struct watch *w, int index, const struct inotify_event *e) {
    bool folder = e->mask & IN_ISDIR;
    if (e->mask & IN_CREATE) {
        add(w, HSR_CHANGE_CREATED, folder, 0, index, e->name);
        if (folder) take_folder(w, index, e->name, true);
    } else if (e->mask & (IN_MODIFY | IN_ATTRIB)) {
        add(w, HSR_CHANGE_MODIFIED, folder, 0, index, e->name);
    } else if (e->mask & IN_DELETE) {
        add(w, HSR_CHANGE_DELETED, folder, 0, index, e->name);
    } else if (e->mask & IN_MOVED_FROM) {
        add(w, HSR_CHANGE_DELETED, folder, e->cookie, index, e->name);
        int child = folder ? find_child(w, index, e->name) : -1;
        if (child > 0) w->folders[child].cookie = e->cookie;
    } else if (e->mask & IN_MOVED_TO) {
        on_moved_to(w, index, e, folder);
    }
}

/* False: the watched folder is not there any more. */
static bool take_event(struct watch *w, const struct inotify_event *e) {
    if (e->mask & IN_Q_OVERFLOW) {
        watch_add(w, HSR_CHANGE_OVERFLOW, true, 0, NULL, 0);
        return true;
    }
    int index = find(w, e->wd);
    if (index < 0) return true;
    if (index == 0 && (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED))) {
        watch_add(w, HSR_CHANGE_DELETED, true, 0, NULL, 0);
        return false;
    }
    if (e->mask & IN_IGNORED)
        forget(w, index, false);
    else if (e->len)
        on_change(w, index, e);
    return true;
}

void tree_read(struct watch *w) {
    _Alignas(struct inotify_event) static char bytes[16384];
    ssize_t n = read(w->inotify, bytes, sizeof bytes);
    if (n <= 0) return;
    bool there = true;
    identity_enter_guest_files();
    for (ssize_t at = 0; there && at < n;) {
        const struct inotify_event *e = (const struct inotify_event *)(bytes + at);
        there = take_event(w, e);
        at += (ssize_t)(sizeof *e + e->len);
    }
    identity_leave_guest_files();
    if (!there) tree_end(w);
}
