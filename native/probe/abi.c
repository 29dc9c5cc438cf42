/* Other ways into the kernel than the machine's own calls. */
#include "probe.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__

/* getpid as i386 counts. A kernel without 32-bit support answers with a segmentation fault: killed as well.
 */
static void int80(struct outcome *out, const void *unused) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    if (result < 0) errno = (int)-result;
    outcome_of(out, result < 0 ? -1 : 0);
}

static void x32(struct outcome *out, const void *unused) {
    outcome_of(out, syscall(0x40000000L | __NR_getpid));
}

/* x32 numbers of its own begin at 512: 520 is its execve. The arguments point nowhere. */
static void x32_own(struct outcome *out, const void *unused) {
    outcome_of(out, syscall(0x40000000L | 520, 0, 0, 0));
}

void add_abi_probes(void) {
    probe_add("abi_", "int80", int80, NULL);
    probe_add("abi_", "x32", x32, NULL);
    probe_add("abi_", "x32_own", x32_own, NULL);
}

#else

void add_abi_probes(void) {
}

#endif
