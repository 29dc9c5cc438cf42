#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int write_at(int dir, const char *path, const char *text) {
    int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    size_t size = strlen(text);
    ssize_t wrote = write(fd, text, size);
    int error = wrote == (ssize_t)size ? 0 : wrote < 0 ? errno : EIO;
    close(fd);
    return error;
}

int write_number_at(int dir, const char *path, uint64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return write_at(dir, path, text);
}

ssize_t read_at(int dir, const char *path, char *out, size_t cap) {
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    size_t size = 0;
    ssize_t got = 0;
    while (size < cap - 1 && (got = read(fd, out + size, cap - 1 - size)) > 0)
        size += (size_t)got;
    int error = errno;
    close(fd);
    errno = error;
    if (got < 0 && size == 0) return -1;
    out[size] = 0;
    return (ssize_t)size;
}

bool number_after(const char *text, const char *key, uint64_t *out) {
    size_t size = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, key, size) == 0 && line[size] == ' ') {
            *out = strtoull(line + size + 1, NULL, 10);
            return true;
        }
    }
    return false;
}

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void note(const char *format, ...) {
    char line[512];
    int size = snprintf(line, sizeof line, "hsr-launcher: ");
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + size, sizeof line - (size_t)size - 1, format, args);
    va_end(args);
    if (more < 0) return;
    size += more;
    if (size > (int)sizeof line - 2) size = (int)sizeof line - 2;
    line[size++] = '\n';
    // A full or closed stderr must not stop the launcher.
    ssize_t ignored = write(2, line, (size_t)size);
    (void)ignored;
}
