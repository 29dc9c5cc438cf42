#include "wire.h"

#include <string.h>

uint16_t wire_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t wire_u32(const uint8_t *bytes) {
    return (uint32_t)wire_u16(bytes) | (uint32_t)wire_u16(bytes + 2) << 16;
}

bool fields_next(struct fields *fields, struct field *out, bool *broken) {
    size_t left = (size_t)(fields->end - fields->at);
    if (left == 0) return false;
    if (left < 4) {
        *broken = true;
        return false;
    }
    out->tag = wire_u16(fields->at);
    out->size = wire_u16(fields->at + 2);
#ifdef HSR_PLANTED_BUG
    // For the fuzzer's control only: a field may reach four bytes past the end.
    if (out->size > left) {
#else
    if (out->size > left - 4) {
#endif
        *broken = true;
        return false;
    }
    out->bytes = fields->at + 4;
    fields->at += 4 + out->size;
    return true;
}

bool field_u64(const struct field *field, uint64_t *out) {
    if (field->size != 8) return false;
    *out = (uint64_t)wire_u32(field->bytes) | (uint64_t)wire_u32(field->bytes + 4) << 32;
    return true;
}

bool field_name(const struct field *field, char out[WIRE_NAME_MAX_BYTES + 1]) {
    if (field->size == 0 || field->size > WIRE_NAME_MAX_BYTES) return false;
    for (size_t i = 0; i < field->size; i++) {
        uint8_t c = field->bytes[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0);
        if (!good) return false;
        out[i] = (char)c;
    }
    out[field->size] = 0;
    return true;
}

static void put(struct message *message, const void *bytes, size_t size) {
    if (size > message->cap - message->size) {
        message->overflow = true;
        return;
    }
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static void put_u16(struct message *message, uint16_t value) {
    uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    put(message, bytes, 2);
}

static void put_u32(struct message *message, uint32_t value) {
    put_u16(message, (uint16_t)value);
    put_u16(message, (uint16_t)(value >> 16));
}

void message_begin(struct message *message, uint8_t *bytes, size_t cap, uint16_t type, uint32_t request) {
    *message = (struct message){.bytes = bytes, .cap = cap};
    put_u32(message, 0);
    put_u16(message, type);
    put_u16(message, 0);
    put_u32(message, request);
}

void message_u64(struct message *message, uint16_t tag, uint64_t value) {
    put_u16(message, tag);
    put_u16(message, 8);
    put_u32(message, (uint32_t)value);
    put_u32(message, (uint32_t)(value >> 32));
}

void message_text(struct message *message, uint16_t tag, const char *text) {
    size_t size = strnlen(text, 4096);
    put_u16(message, tag);
    put_u16(message, (uint16_t)size);
    put(message, text, size);
}

size_t message_finish(struct message *message) {
    if (message->overflow || message->size < WIRE_HEADER_BYTES) return 0;
    uint32_t body = (uint32_t)(message->size - WIRE_HEADER_BYTES);
    for (int i = 0; i < 4; i++)
        message->bytes[i] = (uint8_t)(body >> (8 * i));
    return message->size;
}
