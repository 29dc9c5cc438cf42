/* Keystrokes into a terminal. Tried on a pair of our own, which is where the kernel allows most. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define TIOCLINUX_REQUEST 0x541C

/* The slave of a fresh pair, made our controlling terminal; standard input where there are no pairs. */
static int terminal(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return 0;
    setsid();
    int slave = open(ptsname(master), O_RDWR);
    if (slave < 0) return 0;
    ioctl(slave, TIOCSCTTY, 0);
    return slave;
}

static const unsigned long requests[] = {TIOCSTI, TIOCLINUX_REQUEST, TIOCSETD};

static void request(struct outcome *out, const void *argument) {
    char byte = 'x';
    int discipline = 0;
    unsigned long number = *(const unsigned long *)argument;
    int fd = terminal();
    outcome_of(out,
               syscall(__NR_ioctl, fd, number, number == TIOCSETD ? (void *)&discipline : (void *)&byte));
}

/* The kernel reads 32 bits of the request; a filter that compares 64 is passed with a high bit set. */
static void request_high_bits(struct outcome *out, const void *argument) {
    char byte = 'x';
    int fd = terminal();
    outcome_of(out, syscall(__NR_ioctl, fd, *(const unsigned long *)argument | (1UL << 32), &byte));
}

/* Does the sandbox hang on a terminal of the host? */
static void controlling(struct outcome *out, const void *unused) {
    outcome_of(out, open("/dev/tty", O_RDWR));
}

void add_terminal_probes(void) {
    probe_add("tty_", "tiocsti", request, &requests[0]);
    probe_add("tty_", "tiocsti_high_bits", request_high_bits, &requests[0]);
    probe_add("tty_", "tioclinux", request, &requests[1]);
    probe_add("tty_", "tioclinux_high_bits", request_high_bits, &requests[1]);
    probe_add("tty_", "tiocsetd", request, &requests[2]);
    probe_add("tty_", "controlling", controlling, NULL);
}
