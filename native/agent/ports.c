/* What the guest listens on, as the kernel lists it. Reading is bounded: sockets that listen are listed
 * first.
 */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LISTENING 0x0a
#define TABLE_BYTES_MAX (1u << 20)

struct ports {
    uint32_t total, listed;
    struct pen pen;
};

/* A line: number, address of eight or 32 hex digits in words of the host's order, port, peer, state. */
static void take_line(const char *line, uint8_t family, struct ports *all) {
    size_t words = family == HSR_FAMILY_6 ? 4 : 1;
    const char *at = strchr(line, ':');
    uint32_t address[4] = {0};
    unsigned port, state;
    if (!at) return;
    at += strspn(at, ": ");
    for (size_t i = 0; i < words; i++, at += 8) {
        char word[9] = {0};
        if (strnlen(at, 8) < 8) return;
        memcpy(word, at, 8);
        address[i] = (uint32_t)strtoul(word, NULL, 16);
    }
    if (sscanf(at, ":%x %*[0-9A-Fa-f:] %x", &port, &state) != 2 || state != LISTENING) return;
    all->total++;
    if (all->listed == HSR_PORTS_MAX) return;
    all->listed++;
    pen_u8(&all->pen, family);
    pen_bytes(&all->pen, address, words * 4); /* in the host's words they are in the network's order */
    pen_u16(&all->pen, (uint16_t)port);
}

static void read_table(const char *path, uint8_t family, struct ports *all) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return; /* a kernel without this family */
    char bytes[4096];
    size_t have = 0, total = 0;
    ssize_t n;
    while (total < TABLE_BYTES_MAX && (n = read(fd, bytes + have, sizeof bytes - 1 - have)) > 0) {
        have += (size_t)n;
        total += (size_t)n;
        bytes[have] = 0;
        char *line = bytes, *end;
        for (; (end = memchr(line, '\n', have - (size_t)(line - bytes))); line = end + 1) {
            *end = 0;
            take_line(line, family, all);
        }
        have -= (size_t)(line - bytes);
        memmove(bytes, line, have);
        if (have == sizeof bytes - 1) break;
    }
    close(fd);
}

void ports_list(const struct message *m) {
    static uint8_t body[8 + HSR_PORTS_MAX * 19];
    if (m->length) {
        answer(m->id, EINVAL, NULL, 0);
        return;
    }
    struct ports all = {.pen = pen_on(body + 8, sizeof body - 8)};
    read_table("/proc/self/net/tcp", HSR_FAMILY_4, &all);
    read_table("/proc/self/net/tcp6", HSR_FAMILY_6, &all);
    struct pen head = pen_on(body, 8);
    pen_u32(&head, all.total);
    pen_u32(&head, all.listed);
    answer(m->id, 0, body, (size_t)(all.pen.at - body));
}
