/* The bytes on the agent's stream. docs/agent-protocol.md is this file in prose,
 * packages/runtimes/src/agent/wire.ts its twin in TypeScript; a test compares the three. */
#ifndef HSR_PROTOCOL_H
#define HSR_PROTOCOL_H

#include <stdint.h>

#define HSR_PROTOCOL_VERSION 1

/* Sixteen bytes without a zero, whose first byte occurs nowhere else in them: so a match that fails can only
 * start again at a fresh first byte, and no match can reach over a frame's header or trailer, which begin and
 * end with a zero. */
#define HSR_OPEN_MAGIC "\xf8HSR-OPEN\xfe\xa7\xc3\x91\xe5\xb2\xd6"
#define HSR_ECHO_MAGIC "\xf9HSR-ECHO\xfd\x9b\xe8\x84\xd3\xc6\xa1"
#define HSR_MAGIC_BYTES 16
#define HSR_EPOCH_BYTES 16

/* OPEN: magic, epoch, u16 least version, u16 greatest version, u32 zero. */
#define HSR_OPEN_BYTES (HSR_MAGIC_BYTES + HSR_EPOCH_BYTES + 8)

/* Header: u8 zero, u8 type, u8 flags, u8 zero, u32 id, u32 tag, u32 length of the payload. A zero byte ends
 * the frame. */
#define HSR_HEADER_BYTES 16
#define HSR_TRAILER_BYTES 1
#define HSR_PAYLOAD_MAX 65536u
#define HSR_MESSAGE_MAX 262144u

#define HSR_RING_MAX 262144u
#define HSR_STDIN_MAX 65536u
#define HSR_EXECUTIONS_MAX 64
#define HSR_TRANSFERS_MAX 16
#define HSR_CONNECTIONS_MAX 64
#define HSR_CONNECTION_WINDOW 65536u
#define HSR_READINGS_MAX 16
#define HSR_WRITE_WINDOW 1048576u
#define HSR_PORTS_MAX 256
#define HSR_WATCHES_MAX 16
#define HSR_WATCH_EVENTS_MAX 512
#define HSR_WATCH_FOLDERS_MAX 1024
#define HSR_WATCH_PATH_BYTES 1024
#define HSR_ARGV_MAX 4096
#define HSR_ENV_MAX 4096
#define HSR_PATH_BYTES 4096
#define HSR_READ_MAX 65536u
#define HSR_LIST_SCAN_MAX 65536u
#define HSR_LIST_DEPTH_MAX 32
#define HSR_ORPHANS_MAX 256
#define HSR_REMEMBERED_MAX 64
#define HSR_RLIMITS_MAX 16
#define HSR_TIMEOUT_MAX_MS 2592000000u /* 30 days */

/* Flags of a frame. */
#define HSR_FLAG_MORE 0x01        /* the message goes on in the next frame, which has the same type and id */
#define HSR_FLAG_STDERR 0x02      /* OUTPUT: standard error, otherwise standard output */
#define HSR_FLAG_BEGIN 0x02       /* FILE_WRITE: opens a transfer */
#define HSR_FLAG_END 0x04         /* FILE_WRITE, STDIN, CHANNEL_SEND, CHANNEL_DATA: nothing follows */
#define HSR_FLAG_BACKGROUND 0x08  /* WINDOW, FOLLOW: nobody reads; a full ring drops its oldest bytes */
#define HSR_FLAG_SKIP_STDOUT 0x10 /* WINDOW, FOLLOW: nothing more of it is wanted but how much there is */
#define HSR_FLAG_SKIP_STDERR 0x20 /* the same */

/* Messages from the gateway. */
#define HSR_MSG_START 1
#define HSR_MSG_FOLLOW 2
#define HSR_MSG_WINDOW 3
#define HSR_MSG_FORGET 4
#define HSR_MSG_STDIN 5
#define HSR_MSG_RESIZE 6
#define HSR_MSG_SIGNAL 7
#define HSR_MSG_LIST 8
#define HSR_MSG_KILL_ORPHANS 9
#define HSR_MSG_PING 10
#define HSR_MSG_CANCEL 11
#define HSR_MSG_QUIESCE 12
#define HSR_MSG_RESUME 13
#define HSR_MSG_CONNECT 14
#define HSR_MSG_PORTS 15
#define HSR_MSG_CHANNEL_SEND 16
#define HSR_MSG_CHANNEL_CREDIT 17
#define HSR_MSG_WATCH 18
#define HSR_MSG_FOLLOW_WATCH 19
#define HSR_MSG_FILE_WRITE 20
#define HSR_MSG_FILE_READ 21
#define HSR_MSG_FILE_STAT 22
#define HSR_MSG_FILE_LIST 23
#define HSR_MSG_FILE_MKDIR 24
#define HSR_MSG_FILE_MOVE 25
#define HSR_MSG_FILE_REMOVE 26
#define HSR_MSG_FILE_CHMOD 27
#define HSR_MSG_FILE_STREAM 28
#define HSR_MSG_WATCH_CREDIT 29
#define HSR_MSG_UNWATCH 30
#define HSR_MSG_FILE_LINK 31

/* Messages from the agent. */
#define HSR_MSG_HELLO 64
#define HSR_MSG_STARTED 65
#define HSR_MSG_FAILED 66
#define HSR_MSG_OUTPUT 67
#define HSR_MSG_EXIT 68
#define HSR_MSG_STDIN_WINDOW 69
#define HSR_MSG_FORGOTTEN 70
#define HSR_MSG_RESULT 71
#define HSR_MSG_ERROR 72
#define HSR_MSG_CHANNEL_OPENED 73
#define HSR_MSG_CHANNEL_DATA 74
#define HSR_MSG_CHANNEL_WINDOW 75
#define HSR_MSG_CHANNEL_CLOSED 76
#define HSR_MSG_WATCHING 77
#define HSR_MSG_WATCH_EVENTS 78

/* START: flags. */
#define HSR_START_STDIN 0x01       /* standard input comes in STDIN messages; else it has ended */
#define HSR_START_PTY 0x02         /* a terminal instead of pipes; its output is standard output */
#define HSR_START_BACKGROUND 0x04  /* as HSR_FLAG_BACKGROUND */
#define HSR_START_TIMED 0x08       /* has a time limit */
#define HSR_ID_DEFAULT 0xffffffffu /* START: the guest's own uid or gid */

/* FAILED: the stage at which a start failed. */
#define HSR_STAGE_REQUEST 1
#define HSR_STAGE_RESOURCES 2
#define HSR_STAGE_TERMINAL 3
#define HSR_STAGE_LIMITS 4
#define HSR_STAGE_IDENTITY 5
#define HSR_STAGE_FOLDER 6
#define HSR_STAGE_PROGRAM 7

/* ERROR: codes. */
#define HSR_ERROR_UNKNOWN_MESSAGE 1
#define HSR_ERROR_MALFORMED 2
#define HSR_ERROR_VERSION 3
#define HSR_ERROR_FRAMING 4 /* the stream is no longer understood: this epoch is over */

/* SIGNAL: whom it reaches. */
#define HSR_SCOPE_PROCESS 0
#define HSR_SCOPE_GROUP 1
#define HSR_SCOPE_SESSION 2

/* LIST: flags of an execution. */
#define HSR_STATE_RUNNING 0x01
#define HSR_STATE_BACKGROUND 0x02
#define HSR_STATE_PTY 0x04
#define HSR_STATE_SIGNALED 0x08
#define HSR_STATE_TIMED_OUT 0x10

/* EXIT: how it ended, as bits. */
#define HSR_EXIT_SIGNALED 0x01
#define HSR_EXIT_TIMED_OUT 0x02 /* its time limit was reached before it ended */

/* HELLO: feature bits. */
#define HSR_FEATURE_PTY 0x01
#define HSR_FEATURE_FILES 0x02
#define HSR_FEATURE_ORPHANS 0x04
#define HSR_FEATURE_QUIESCE 0x08
#define HSR_FEATURE_GUEST_ID 0x10 /* executions have another id than the agent */
#define HSR_FEATURE_OOM 0x20      /* executions are killed for want of memory before the agent */
#define HSR_FEATURE_PID1 0x40     /* the agent is process 1 */
#define HSR_FEATURE_PORTS 0x80    /* CONNECT and PORTS */
#define HSR_FEATURE_STREAMS 0x100 /* FILE_STREAM, and windows for FILE_WRITE */
#define HSR_FEATURE_SKIP 0x200    /* SKIP_STDOUT, SKIP_STDERR */
#define HSR_FEATURE_WATCH 0x400   /* WATCH */
#define HSR_FEATURE_TIMEOUT 0x800 /* START's time limit */

/* HELLO: state bits. */
#define HSR_HELLO_QUIESCED 0x01

/* RESUME: what was done, as bits of the result. */
#define HSR_RESUMED_IDENTITY 0x01
#define HSR_RESUMED_SEED 0x02
#define HSR_RESUMED_CLOCK 0x04

/* FILE_*: kinds of a file. */
#define HSR_KIND_FILE 1
#define HSR_KIND_FOLDER 2
#define HSR_KIND_LINK 3
#define HSR_KIND_OTHER 4

/* CONNECT, PORTS: the family of an address of the guest's own loopback. */
#define HSR_FAMILY_4 4
#define HSR_FAMILY_6 6

/* WATCH_EVENTS: what happened. */
#define HSR_CHANGE_CREATED 1
#define HSR_CHANGE_MODIFIED 2
#define HSR_CHANGE_DELETED 3
#define HSR_CHANGE_MOVED 4
#define HSR_CHANGE_OVERFLOW 5 /* more happened below this path than was told */

#define HSR_MKDIR_PARENTS 0x01
#define HSR_REMOVE_RECURSIVE 0x01

#endif
