/* The agent's end of the gateway's stream: what waits to be written, and frames. */
#ifndef HSR_STREAM_H
#define HSR_STREAM_H

#include "protocol.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Beyond this many waiting bytes no output is framed; beyond the double no request is read. */
#define STREAM_BUSY_BYTES 65536u

/* Takes over `fd` (-1: none) and forgets what waited for the stream before it. */
void stream_replace(int fd);
int stream_fd(void);
/* Forgets what waits, for a new epoch; writes the raw answer to its opening. */
void stream_open_epoch(const uint8_t epoch[HSR_EPOCH_BYTES]);
/* One whole frame. What cannot be kept for want of memory ends the stream: a gap would be a lie. */
void stream_frame(uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t length);
/* As above, the payload gathered from a few places. */
void stream_frame_parts(uint8_t type, uint8_t flags, uint32_t id, const struct iovec *parts, int count);
/* Room for a payload of at most `most` bytes, to be filled in place, or NULL; nothing is written until it is
 * finished, and nothing else may be framed in between. */
uint8_t *stream_frame_begin(size_t most);
void stream_frame_finish(uint8_t type, uint8_t flags, uint32_t id, size_t length);
size_t stream_waiting(void);
/* Writes what can be written without waiting. False if the stream is broken. */
bool stream_flush(void);
/* Whether room is kept although nothing waits, for what may come next. */
bool stream_keeps_room(void);
void stream_free_room(void);

#endif
