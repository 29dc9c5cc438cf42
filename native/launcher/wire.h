// The launcher's message format: what docs/launcher-protocol.md says, as constants.
#ifndef HSR_WIRE_H
#define HSR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Versions that this launcher speaks. A newer gateway offers a range that reaches down to what it still
// knows.
enum { WIRE_VERSION_MIN = 1, WIRE_VERSION_MAX = 1 };

// Every message: u32 body length, u16 type, u16 zero, u32 request number; little-endian, then the body's
// fields.
enum { WIRE_HEADER_BYTES = 12 };

// Room for a sweep that names every sandbox; a longer request is refused before its body is read.
enum { WIRE_REQUEST_MAX_BYTES = 81920 };

// The longest sandbox id, tenant or profile name.
enum { WIRE_NAME_MAX_BYTES = 63 };

enum wire_type {
    MSG_HELLO = 1,
    MSG_LAUNCH = 2,
    MSG_JOIN = 3,
    MSG_KILL = 4,
    MSG_USAGE = 5,
    MSG_LIST = 6,
    MSG_FACTS = 7,
    MSG_SWEEP = 8,
    MSG_PREPARE = 9,
    MSG_CLAIM = 10,
    MSG_DEADLINE = 11,
    MSG_METRICS = 12,
    MSG_END = 13,
    MSG_VOLUME_CREATE = 14,
    MSG_VOLUME_REMOVE = 15,
    MSG_VOLUME_LIST = 16,
    // Replies and events have the high bit set.
    MSG_OK = 0x8000,
    MSG_ERROR = 0x8001,
    MSG_ENDED = 0x8002,
    MSG_EXPIRED = 0x8003,
};

enum wire_tag {
    TAG_VERSION_MIN = 1,
    TAG_VERSION_MAX = 2,
    TAG_VERSION = 3,
    TAG_SANDBOX = 4,
    TAG_MEMORY_BYTES = 5,
    TAG_PIDS = 6,
    TAG_CPU_MILLIS = 7,
    TAG_DEADLINE_MS = 8,
    TAG_DISK_BYTES = 9,
    TAG_INODES = 10,
    TAG_OPEN_FILES = 11,
    TAG_PROFILE = 12,
    TAG_TENANT = 13,
    TAG_REQUIRED = 14,
    TAG_UNENFORCED = 15,
    TAG_BOOT_ID = 16,
    TAG_FEATURE = 17,
    TAG_FACT = 18,
    TAG_COUNT = 19,
    TAG_REASON = 20,
    TAG_DETAIL = 21,
    TAG_WALL_MS = 22,
    TAG_CPU_US = 23,
    TAG_MEMORY_PEAK_BYTES = 24,
    TAG_OOM_KILLS = 25,
    TAG_ERROR_CODE = 30,
    TAG_MESSAGE = 31,
    TAG_LIMIT = 32,
    TAG_CPU_USER_US = 33,
    TAG_CPU_SYSTEM_US = 34,
    TAG_CPU_THROTTLED_US = 35,
    TAG_MEMORY_NOW_BYTES = 36,
    TAG_PIDS_NOW = 37,
    TAG_IO_READ_BYTES = 38,
    TAG_IO_WRITTEN_BYTES = 39,
    TAG_FORGOTTEN_MS = 40,
    TAG_OWNER = 41,
    TAG_MOUNT = 42,
    TAG_VOLUME = 43,
};

// A receiver that does not know a tag with this bit must refuse the message; it may pass over others.
enum { TAG_CRITICAL = 0x8000 };

// Reads the fields of a body one after another and never past its end.
struct fields {
    const uint8_t *at;
    const uint8_t *end;
};

struct field {
    uint16_t tag;
    uint16_t size;
    const uint8_t *bytes;
};

// True: `out` holds the next field. False: the body is over, or broken if `*broken` became true.
bool fields_next(struct fields *fields, struct field *out, bool *broken);

// Integers are eight bytes; anything else is malformed.
bool field_u64(const struct field *field, uint64_t *out);

// A name: 1 to 63 of a-z, 0-9 and '-', not beginning with '-'. Written with its end zero.
bool field_name(const struct field *field, char out[WIRE_NAME_MAX_BYTES + 1]);

// A message being written. Overflow is remembered and makes `message_finish` fail; nothing is written past
// the end.
struct message {
    uint8_t *bytes;
    size_t size;
    size_t cap;
    bool overflow;
};

void message_begin(struct message *message, uint8_t *bytes, size_t cap, uint16_t type, uint32_t request);
void message_u64(struct message *message, uint16_t tag, uint64_t value);
void message_text(struct message *message, uint16_t tag, const char *text);
// Writes the length. Returns the message's size, or 0 if it did not fit.
size_t message_finish(struct message *message);

uint32_t wire_u32(const uint8_t *bytes);
uint16_t wire_u16(const uint8_t *bytes);

#endif
