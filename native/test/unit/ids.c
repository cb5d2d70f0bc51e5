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

static void execs(void) {
    struct ids ids = of(5);
    EXPECT(!ids_exec(&ids, 0755, 0, 0) && ids.user.effective == 5);
    EXPECT(ids_exec(&ids, S_ISUID | 0755, 0, 0) && !ids.user.effective && ids.user.real == 5 && ids.effective == ROOT_CAPABILITIES);
    EXPECT(ids_exec(&ids, 0755, 7, 7)); /* still not the real ones */
    ids = of(5), ids.no_new_privs = 1;
    EXPECT(!ids_exec(&ids, S_ISUID | 0755, 0, 0) && ids.user.effective == 5 && !ids.permitted);
    ids = of(0), ids.no_new_privs = 1;
    EXPECT(ids_capset(&ids, CAPABILITY(CAP_KILL), CAPABILITY(CAP_KILL), 0) == 0);
    EXPECT(!ids_exec(&ids, 0755, 0, 0) && ids.permitted == CAPABILITY(CAP_KILL)); /* nothing comes back */
    ids = of(0);
    EXPECT(ids_capset(&ids, CAPABILITY(CAP_KILL), CAPABILITY(CAP_KILL), 0) == 0);
    EXPECT(!ids_exec(&ids, 0755, 0, 0) && ids.permitted == ROOT_CAPABILITIES);
    ids = of(0), ids.securebits = SECBIT_NOROOT | SECBIT_KEEP_CAPS;
    EXPECT(!ids_exec(&ids, 0755, 0, 0) && !ids.permitted && ids.securebits == SECBIT_NOROOT);
    /* ambient ones are kept without root, and lost to set-id programs */
    ids = of(0), ids.securebits = SECBIT_KEEP_CAPS;
    EXPECT(ids_setresuid(&ids, 5, 5, 5) == 0 && ids.permitted == ROOT_CAPABILITIES && !ids.effective);
    EXPECT(ids_capset(&ids, CAPABILITY(CAP_KILL), 0, CAPABILITY(CAP_KILL)) == 0);
    EXPECT(option(&ids, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0) == 0);
    EXPECT(!ids_exec(&ids, 0755, 0, 0) && ids.effective == CAPABILITY(CAP_KILL) && ids.permitted == ids.effective);
    EXPECT(ids_exec(&ids, S_ISUID | 0755, 6, 6) && !ids.permitted && !ids.ambient);
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
    options();
    inheritable();
    execs();
    texts();
}
