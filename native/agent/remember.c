/* Answers to requests that changed something, kept for a while under the token that came with each: a gateway
 * whose stream broke before the answer asks again with the same token and gets the same answer, and nothing
 * is done twice. */
#include "agent.h"

#define BODY_MAX 8

static struct {
    uint64_t token;
    int error;
    uint8_t length;
    uint8_t body[BODY_MAX];
} memory[HSR_REMEMBERED_MAX];
static size_t next;

bool remembered(uint32_t id, uint64_t token) {
    for (size_t i = 0; token && i < HSR_REMEMBERED_MAX; i++) {
        if (memory[i].token != token) continue;
        answer(id, memory[i].error, memory[i].body, memory[i].length);
        return true;
    }
    return false;
}

void answer_once(uint32_t id, uint64_t token, int error, const void *body, size_t length) {
    if (token && length <= BODY_MAX) {
        memory[next].token = token;
        memory[next].error = error;
        memory[next].length = (uint8_t)length;
        if (length) memcpy(memory[next].body, body, length);
        next = (next + 1) % HSR_REMEMBERED_MAX;
    }
    answer(id, error, body, length);
}
