// Small steps on files, descriptors and time that several parts need.
#ifndef HSR_IO_H
#define HSR_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Writes `text` to an existing file below `dir` in one write. Returns 0 or an errno.
int write_at(int dir, const char *path, const char *text);
// The same with a number in decimal.
int write_number_at(int dir, const char *path, uint64_t number);
// Reads at most cap - 1 bytes and ends them with a zero. Returns the size or -1 with errno.
ssize_t read_at(int dir, const char *path, char *out, size_t cap);
// The number after `key` and a space at the beginning of a line of `text`.
bool number_after(const char *text, const char *key, uint64_t *out);

// CLOCK_MONOTONIC in nanoseconds.
uint64_t now_ns(void);

// One line to stderr with the program's name and the time left to the reader. Never with a guest's bytes in
// it.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
