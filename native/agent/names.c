/* The names in an open folder, one after the other, without the memory that opendir would take. */
#include "agent.h"
#include <sys/syscall.h>
#include <unistd.h>

const char *names_next(struct names *n, uint8_t *type) {
    for (;;) {
        if (n->at >= n->length) {
            n->length = syscall(SYS_getdents64, n->fd, n->bytes, sizeof n->bytes);
            n->at = 0;
            if (n->length <= 0) return NULL;
        }
        uint16_t record;
        memcpy(&record, n->bytes + n->at + 16, sizeof record);
        const char *name = n->bytes + n->at + 19;
        if (type) *type = (uint8_t)n->bytes[n->at + 18];
        n->at += record;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) return name;
    }
}
