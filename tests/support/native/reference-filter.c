/*
 * Builds a seccomp filter with libseccomp from a list of rules on standard input and writes the BPF to standard output. The tests compare it
 * with what our own compiler made of the same profile.
 *
 * Input, one word-separated line each, all numbers in decimal:
 *   arch x86_64|aarch64
 *   default ACTION
 *   foreign ACTION                        what calls of other architectures get
 *   rule NAME ACTION COUNT [INDEX OP A B]...
 * ACTION is the SECCOMP_RET_ value; OP is libseccomp's enum name without SCMP_CMP_.
 * Names that this libseccomp does not know are written to standard error, one per line, and skipped.
 */
#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what, int rc) {
    fprintf(stderr, "error: %s: %s\n", what, strerror(-rc));
    exit(1);
}

static enum scmp_compare operator_named(const char *name) {
    static const struct {
        const char *name;
        enum scmp_compare op;
    } known[] = {{"EQ", SCMP_CMP_EQ}, {"NE", SCMP_CMP_NE}, {"LT", SCMP_CMP_LT},
                 {"LE", SCMP_CMP_LE}, {"GT", SCMP_CMP_GT}, {"GE", SCMP_CMP_GE},
                 {"MASKED_EQ", SCMP_CMP_MASKED_EQ}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0) return known[i].op;
    fail(name, -EINVAL);
    return _SCMP_CMP_MIN;
}

static uint32_t default_action;

static void add_rule(scmp_filter_ctx context, uint32_t arch) {
    char name[64];
    uint32_t action;
    unsigned count;
    struct scmp_arg_cmp args[6];
    if (scanf("%63s %" SCNu32 " %u", name, &action, &count) != 3 || count > 6) fail("rule", -EINVAL);
    for (unsigned i = 0; i < count; i++) {
        char op[16];
        unsigned index;
        uint64_t a, b;
        if (scanf("%u %15s %" SCNu64 " %" SCNu64, &index, op, &a, &b) != 4) fail("argument", -EINVAL);
        args[i] = (struct scmp_arg_cmp){index, operator_named(op), a, b};
    }
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
        fprintf(stderr, "%s\n", name);
        return;
    }
    /* libseccomp refuses rules that say what the default says; they change nothing. */
    if (action == default_action) return;
    int rc = seccomp_rule_add_array(context, action, number, count, args);
    /* A call that the other architecture does not have. */
    if (rc == -EDOM && arch != SCMP_ARCH_NATIVE) return;
    if (rc < 0 && rc != -EEXIST) fail(name, rc);
}

int main(void) {
    char word[16], arch_name[16];
    uint32_t foreign;
    if (scanf("arch %15s default %" SCNu32 " foreign %" SCNu32, arch_name, &default_action, &foreign) != 3)
        fail("header", -EINVAL);
    uint32_t arch = strcmp(arch_name, "x86_64") == 0 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
    scmp_filter_ctx context = seccomp_init(default_action);
    if (context == NULL) fail("seccomp_init", -ENOMEM);
    int rc = seccomp_arch_remove(context, SCMP_ARCH_NATIVE);
    if (rc == 0) rc = seccomp_arch_add(context, arch);
    if (rc == 0) rc = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, foreign);
    if (rc < 0) fail("architecture", rc);
    while (scanf("%15s", word) == 1) {
        if (strcmp(word, "rule") != 0) fail(word, -EINVAL);
        add_rule(context, arch);
    }
    rc = seccomp_export_bpf(context, STDOUT_FILENO);
    if (rc < 0) fail("export", rc);
    seccomp_release(context);
    return 0;
}
