/* Landlock in the container. The kernel's rules are about the host's directories, and bind the engine too. So what the
 * guest allows below a directory is allowed in the mounts below it as well, a published port's rule goes for the host's
 * port, and before a rule set is put in force the engine's own files are added to it. */
#include <asm/stat.h>
#include <linux/landlock.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../exec/own-file.h"
#include "../guest-path.h"
#include "../ids/ids.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "ids.h"

#define RULE_NET_PORT 2 /* LANDLOCK_RULE_NET_PORT and the rights below are newer than some headers */
#define RIGHT_TRUNCATE (1UL << 14)
#define RIGHT_IOCTL_DEV (1UL << 15)
#define RIGHTS_OF_FILES                                                                                        \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE | \
     RIGHT_IOCTL_DEV)
#define RIGHTS_KNOWN 32 /* bits that are tried: twice as many as there are */

struct net_port {
    u64 allowed_access, port;
};

static long add_path(int ruleset, int fd, u64 rights) {
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    return sys(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static long open_path(const char *host) {
    return sys(__NR_openat, AT_FDCWD, host[0] ? host : "/", O_PATH | O_CLOEXEC, 0);
}

/* What is not there needs no rule. */
static long add_mount(int ruleset, const char *host, u64 rights) {
    struct stat st;
    long fd = open_path(host), r = 0;
    if (fd < 0) return 0;
    if (sys(__NR_fstat, fd, &st) == 0 && !S_ISDIR(st.st_mode)) rights &= RIGHTS_OF_FILES;
    if (rights) r = add_path(ruleset, (int)fd, rights);
    sys(__NR_close, fd);
    return r;
}

static long add_mounts_below(int ruleset, const struct landlock_path_beneath_attr *rule) {
    char link[48], host[PATH_SIZE], guest[PATH_SIZE];
    link_of(rule->parent_fd, link);
    if (link_read(link, host, sizeof(host)) < 0 || host[0] != '/') return 0;
    long n = mounts_to_table(&engine.mounts, host, guest, sizeof(guest)), r = 0;
    if (n < 0) return 0;
    if (n == 1) n = 0; /* "/" is the directory above all of them */
    for (unsigned i = 0; i < engine.mounts.count && r == 0; i++) {
        const struct mount *m = &engine.mounts.table[i];
        if (m->guest_length > (u32)n && path_lies_in(m->guest, m->guest_length, guest, (size_t)n))
            r = add_mount(ruleset, m->host, rule->allowed_access);
    }
    return r;
}

static long add_host_port(int ruleset, const struct net_port *rule) {
    long r = 0;
    for (unsigned i = 0; i < engine.plan.port_count && r == 0; i++) {
        struct net_port other = {rule->allowed_access, engine.plan.ports[i].host};
        if (engine.plan.ports[i].guest == rule->port)
            r = sys(__NR_landlock_add_rule, ruleset, RULE_NET_PORT, &other, 0);
    }
    return r;
}

long call_landlock_add_rule(struct call *call) {
    int ruleset = (int)call->a[0];
    struct landlock_path_beneath_attr path;
    struct net_port port;
    long r = call_run(call);
    if (r < 0) return r;
    if (call->a[1] == LANDLOCK_RULE_PATH_BENEATH && (r = arch_copy(&path, (const void *)call->a[2], sizeof(path))) == 0)
        return add_mounts_below(ruleset, &path);
    if (call->a[1] == RULE_NET_PORT && (r = arch_copy(&port, (const void *)call->a[2], sizeof(port))) == 0)
        return add_host_port(ruleset, &port);
    return r;
}

/* Which rights the set is about only the kernel knows: it refuses the others. */
static void add_own(int ruleset, const char *host) {
    long fd = open_path(host);
    if (fd < 0) return;
    for (unsigned bit = 0; bit < RIGHTS_KNOWN; bit++) add_path(ruleset, (int)fd, 1UL << bit);
    sys(__NR_close, fd);
}

long call_landlock_restrict_self(struct call *call) {
    int ruleset = (int)call->a[0];
    /* In the kernel every process of the engine has given up new privileges. */
    if (engine.emulated && !ids_now()->no_new_privs && !ids_capable(ids_now(), CAP_SYS_ADMIN)) return -EPERM;
    if (engine.plan.state) add_own(ruleset, engine.plan.state);
    add_own(ruleset, own_file_name());
    return call_run(call);
}
