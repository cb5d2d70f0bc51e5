/* The rules about ids: credentials(7), capabilities(7), kill(2). */
#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <sys/stat.h>

#include "../../src/ids/ids.h"

static struct ids of(u32 uid) {
    struct ids ids;
    EXPECT(ids_begin(&ids, uid, uid, ""));
    return ids;
}

static struct ids became(u32 real, u32 effective, u32 saved) {
    struct ids ids = of(0);
    EXPECT(ids_setresuid(&ids, real, effective, saved) == 0);
    return ids;
}

static long option(struct ids *ids, u64 what, u64 a, u64 b, u64 c) {
    const u64 args[5] = {what, a, b, c, 0};
    return ids_option(ids, args);
}

static void signals(void) {
    static const struct {
        u32 sender[3], target[3];
        bool own, continues, may;
    } cases[] = {
        {{0, 0, 0}, {5, 5, 5}, false, false, true},
        {{5, 5, 5}, {5, 5, 5}, false, false, true},
        {{5, 5, 5}, {6, 6, 6}, false, false, false},
        {{5, 5, 5}, {0, 0, 0}, false, false, false},
        {{5, 5, 5}, {0, 0, 0}, false, true, true},
        {{5, 5, 5}, {0, 0, 0}, true, false, true},
        {{1, 5, 1}, {5, 6, 6}, false, false, true},  /* effective against real */
        {{1, 5, 1}, {6, 6, 5}, false, false, true},  /* effective against saved */
        {{5, 1, 1}, {6, 6, 5}, false, false, true},  /* real against saved */
        {{1, 1, 5}, {5, 5, 5}, false, false, false}, /* the sender's saved one does not count */
        {{5, 5, 5}, {6, 5, 6}, false, false, false}, /* nor does the target's effective one */
        {{0, 5, 0}, {6, 6, 6}, false, false, false}, /* root has given up its capabilities for now */
        {{5, 0, 0}, {6, 6, 6}, false, false, true},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct ids from = became(cases[i].sender[0], cases[i].sender[1], cases[i].sender[2]);
        struct ids to = became(cases[i].target[0], cases[i].target[1], cases[i].target[2]);
        EXPECT(ids_may_signal(&from, &to, cases[i].own, cases[i].continues) == cases[i].may);
    }
}

/* What calls about other processes ask: prlimit(2), ptrace(2), setpriority(2), ioprio_set(2). */
static void others(void) {
    struct ids root = of(0), one = of(5), other = of(6), half = became(5, 6, 6), saved = became(5, 5, 6), able = of(5);
    EXPECT(ids_may_limit(&root, &one) && ids_may_trace(&root, &one) && ids_may_schedule(&root, &one) && ids_may_order(&root, &one));
    EXPECT(ids_may_limit(&one, &one) && ids_may_trace(&one, &one) && ids_may_schedule(&one, &one) && ids_may_order(&one, &one));
    EXPECT(!ids_may_limit(&one, &other) && !ids_may_trace(&one, &other) && !ids_may_schedule(&one, &other) && !ids_may_order(&one, &other));
    EXPECT(!ids_may_limit(&one, &saved) && !ids_may_trace(&one, &saved)); /* all three must be the caller's */
    EXPECT(!ids_may_limit(&half, &other) && ids_may_schedule(&half, &other)); /* real ids there, the effective one here */
    EXPECT(ids_may_schedule(&other, &half) && !ids_may_order(&other, &half)); /* the other's effective id counts, or not */
    EXPECT(ids_may_order(&half, &one) && ids_may_order(&half, &other));
    able.permitted = CAPABILITY(CAP_CHOWN);
    EXPECT(ids_may_limit(&one, &able) && !ids_may_trace(&one, &able));
}

static void looking(void) {
    struct ids root = of(0), one = of(5), other = of(6), half = became(5, 5, 0);
    EXPECT(ids_may_look(&root, &one) && ids_may_look(&one, &one));
    EXPECT(!ids_may_look(&one, &root) && !ids_may_look(&one, &other));
    EXPECT(!ids_may_look(&one, &half)); /* it may be root's again */
}

static void options(void) {
    struct ids root = of(0), user = of(5);
    const u64 raise = PR_CAP_AMBIENT_RAISE;
    EXPECT(option(&root, PR_CAPBSET_READ, CAP_CHOWN, 0, 0) == 1 && option(&root, PR_CAPBSET_READ, 99, 0, 0) == -EINVAL);
    EXPECT(option(&user, PR_CAPBSET_DROP, 99, 0, 0) == -EPERM && option(&root, PR_CAPBSET_DROP, 99, 0, 0) == -EINVAL);
    EXPECT(option(&root, PR_CAPBSET_DROP, CAP_CHOWN, 0, 0) == 0 && option(&root, PR_CAPBSET_READ, CAP_CHOWN, 0, 0) == 0);
    EXPECT(option(&root, PR_CAP_AMBIENT, raise, CAP_KILL, 0) == -EPERM); /* not inheritable */
    EXPECT(option(&root, PR_CAP_AMBIENT, raise, CAP_KILL, 1) == -EINVAL);
    EXPECT(option(&root, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0) == -EINVAL);
    EXPECT(ids_capset(&root, root.permitted, root.effective, CAPABILITY(CAP_KILL)) == 0);
    EXPECT(option(&root, PR_CAP_AMBIENT, raise, CAP_KILL, 0) == 0 && root.ambient == CAPABILITY(CAP_KILL));
    EXPECT(option(&root, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0) == 0);
    EXPECT(option(&root, PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED, 0, 0) == -EPERM);
    EXPECT(option(&root, PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0) == -EPERM);
    EXPECT(option(&root, PR_SET_SECUREBITS, 1UL << 20, 0, 0) == -EPERM && option(&user, PR_SET_SECUREBITS, 0, 0, 0) == -EPERM);
    EXPECT(option(&user, PR_SET_KEEPCAPS, 2, 0, 0) == -EINVAL && option(&user, PR_SET_KEEPCAPS, 1, 0, 0) == 0);
    EXPECT(option(&user, PR_GET_KEEPCAPS, 0, 0, 0) == 1);
    user.securebits |= SECBIT_KEEP_CAPS_LOCKED;
    EXPECT(option(&user, PR_SET_KEEPCAPS, 0, 0, 0) == -EPERM);
    EXPECT(option(&user, PR_SET_NO_NEW_PRIVS, 0, 0, 0) == -EINVAL && option(&user, PR_SET_NO_NEW_PRIVS, 1, 0, 0) == 0);
    EXPECT(option(&user, PR_GET_NO_NEW_PRIVS, 0, 0, 0) == 1 && option(&user, PR_GET_NO_NEW_PRIVS, 1, 0, 0) == -EINVAL);
}

static void inheritable(void) {
    struct ids root = of(0);
    u64 kill = CAPABILITY(CAP_KILL), chown = CAPABILITY(CAP_CHOWN);
    EXPECT(ids_capset(&root, root.permitted, root.effective, CAPABILITY(CAP_SYS_ADMIN)) == -EPERM);
    EXPECT(ids_capset(&root, kill, kill, 0) == 0);
    EXPECT(ids_capset(&root, kill, kill, chown) == -EPERM); /* without CAP_SETPCAP only what it has */
    EXPECT(ids_capset(&root, kill | chown, kill, 0) == -EPERM && ids_capset(&root, kill, kill | chown, 0) == -EPERM);
    EXPECT(ids_capset(&root, kill, 0, kill) == 0 && root.effective == 0 && root.inheritable == kill);
}

static long run(struct ids *ids, u32 mode, u32 owner, u32 group) {
    struct program_rights program = {.mode = mode, .owner = owner, .group = group};
    return ids_exec(ids, &program);
}

static void execs(void) {
    struct ids ids = of(5);
    EXPECT(!run(&ids, 0755, 0, 0) && ids.user.effective == 5);
    EXPECT(run(&ids, S_ISUID | 0755, 0, 0) && !ids.user.effective && ids.user.real == 5 && ids.effective == ROOT_CAPABILITIES);
    EXPECT(run(&ids, 0755, 7, 7)); /* still not the real ones */
    ids = of(5), ids.no_new_privs = 1;
    EXPECT(!run(&ids, S_ISUID | 0755, 0, 0) && ids.user.effective == 5 && !ids.permitted);
    ids = of(0), ids.no_new_privs = 1;
    EXPECT(ids_capset(&ids, CAPABILITY(CAP_KILL), CAPABILITY(CAP_KILL), 0) == 0);
    EXPECT(!run(&ids, 0755, 0, 0) && ids.permitted == CAPABILITY(CAP_KILL)); /* nothing comes back */
    ids = of(0);
    EXPECT(ids_capset(&ids, CAPABILITY(CAP_KILL), CAPABILITY(CAP_KILL), 0) == 0);
    EXPECT(!run(&ids, 0755, 0, 0) && ids.permitted == ROOT_CAPABILITIES);
    ids = of(0), ids.securebits = SECBIT_NOROOT | SECBIT_KEEP_CAPS;
    EXPECT(!run(&ids, 0755, 0, 0) && !ids.permitted && ids.securebits == SECBIT_NOROOT);
    /* ambient ones are kept without root, and lost to set-id programs */
    ids = of(0), ids.securebits = SECBIT_KEEP_CAPS;
    EXPECT(ids_setresuid(&ids, 5, 5, 5) == 0 && ids.permitted == ROOT_CAPABILITIES && !ids.effective);
    EXPECT(ids_capset(&ids, CAPABILITY(CAP_KILL), 0, CAPABILITY(CAP_KILL)) == 0);
    EXPECT(option(&ids, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0) == 0);
    EXPECT(!run(&ids, 0755, 0, 0) && ids.effective == CAPABILITY(CAP_KILL) && ids.permitted == ids.effective);
    EXPECT(run(&ids, S_ISUID | 0755, 6, 6) && !ids.permitted && !ids.ambient);
}

static struct program_rights with(u32 magic, u64 permitted, u64 inheritable) {
    struct program_rights program = {.mode = 0755};
    const u32 n[] = {magic, (u32)permitted, (u32)inheritable, (u32)(permitted >> 32), (u32)(inheritable >> 32), 0};
    EXPECT(program_capabilities(&program, n, magic & 0x01000000 ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2) == 0 && program.has_capabilities);
    return program;
}

static void capabilities_of_files(void) {
    const u64 kill = CAPABILITY(CAP_KILL), chown = CAPABILITY(CAP_CHOWN), late = CAPABILITY(CAP_CHECKPOINT_RESTORE);
    const u32 in_effect = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
    struct program_rights program = {.mode = 0755}, p;
    u32 n[7] = {VFS_CAP_REVISION_3, 1, 0, 0, 0, 1000};
    EXPECT(program_capabilities(&program, n, XATTR_CAPS_SZ_3) == 0 && !program.has_capabilities); /* another namespace's */
    EXPECT(program_capabilities(&program, n, XATTR_CAPS_SZ_2) == -EINVAL && program_capabilities(&program, n, 3) == -EINVAL);
    EXPECT(program_capabilities(&program, n, sizeof(n)) == -EINVAL);
    n[0] = VFS_CAP_REVISION_1 | VFS_CAP_FLAGS_EFFECTIVE;
    EXPECT(program_capabilities(&program, n, XATTR_CAPS_SZ_1) == 0 && program.effective && program.permitted == 1);
    p = with(VFS_CAP_REVISION_2, late | 1UL << 63, 0);
    EXPECT(p.permitted == late); /* only those that there are */

    struct ids ids = of(5);
    p = with(in_effect, kill | chown, 0);
    EXPECT(program_may_matter(&ids, &p) && ids_exec(&ids, &p) == 1 && ids.permitted == (kill | chown) && ids.effective == ids.permitted && p.gains);
    EXPECT(ids_exec(&ids, &p) == 1 && !p.gains); /* nothing new, and yet not an ordinary program */
    ids = of(5), ids.bounding &= ~chown;
    EXPECT(ids_exec(&ids, &p) == -EPERM);
    ids = of(5), p.watched = true;
    EXPECT(ids_exec(&ids, &p) == 1 && !ids.permitted && !ids.effective && p.gains);
    ids = of(5), ids.no_new_privs = 1, p.watched = false;
    EXPECT(ids_exec(&ids, &p) == 1 && !ids.permitted);
    ids = of(5), ids.bounding &= ~chown;
    p = with(VFS_CAP_REVISION_2, kill | chown, 0);
    EXPECT(ids_exec(&ids, &p) == 1 && ids.permitted == kill && !ids.effective);
    /* inheritable ones, and what was ambient */
    ids = of(5), ids.inheritable = kill, ids.ambient = ids.permitted = chown;
    p = with(in_effect, 0, kill | chown);
    EXPECT(ids_exec(&ids, &p) == 1 && ids.permitted == kill && ids.effective == kill && !ids.ambient);
    /* root, and set-user-id programs of root's */
    ids = of(0);
    EXPECT(!program_may_matter(&ids, &p));
    p.mode |= S_ISUID, p.owner = 7;
    EXPECT(program_may_matter(&ids, &p));
    ids = of(5), p = with(in_effect, kill, 0), p.mode |= S_ISUID;
    EXPECT(ids_exec(&ids, &p) == 1 && !ids.user.effective && ids.permitted == kill);
    ids = of(5), p.watched = true;
    EXPECT(ids_exec(&ids, &p) == 1 && ids.user.effective == 5 && !ids.permitted);
}

static void texts(void) {
    struct ids ids = of(5), back;
    char text[IDS_TEXT];
    const u32 groups[] = {9, 3, 7};
    const char *p = text;
    ids_set_groups(&ids, groups, 3);
    text[ids_write(&ids, text)] = 0;
    EXPECT(ids_read(&back, &p) && !*p && ids_equal(&ids, &back));
    back.groups[2]++;
    EXPECT(!ids_equal(&ids, &back));
    back = ids, back.user.fs++;
    EXPECT(!ids_equal(&ids, &back));
}

void test_ids(void) {
    signals();
    looking();
    others();
    options();
    inheritable();
    execs();
    capabilities_of_files();
    texts();
}
