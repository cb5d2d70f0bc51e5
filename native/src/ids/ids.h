/* Who a guest process is, as a value: user and group ids, groups, capabilities; and the rules by which system calls
 * change them (credentials(7), capabilities(7)). Nothing here touches the system. */
#ifndef IDS_IDS_H
#define IDS_IDS_H
#include <linux/capability.h>

#include "../sys/types.h"

#define MAX_GROUPS 256
#define IDS_TEXT (12 * (MAX_GROUPS + 20))
#define NO_ID 0xffffffffu
#define CAPABILITY(n) (1UL << (n))
#define ALL_CAPABILITIES (2 * CAPABILITY(CAP_LAST_CAP) - 1)
/* What root has in a container of Docker: enough for installing software and changing users, not for the host. */
#define ROOT_CAPABILITIES                                                                                       \
    (CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_FOWNER) | CAPABILITY(CAP_FSETID) |     \
     CAPABILITY(CAP_KILL) | CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETPCAP) |           \
     CAPABILITY(CAP_NET_BIND_SERVICE) | CAPABILITY(CAP_NET_RAW) | CAPABILITY(CAP_SYS_CHROOT) |                    \
     CAPABILITY(CAP_MKNOD) | CAPABILITY(CAP_AUDIT_WRITE) | CAPABILITY(CAP_SETFCAP))

/* The four ids of one kind. */
struct id_set {
    u32 real, effective, saved, fs;
};

struct ids {
    struct id_set user, group;
    u64 permitted, effective, inheritable, ambient, bounding;
    u32 securebits;
    u32 no_new_privs;
    u32 group_count;
    u32 groups[MAX_GROUPS];
};

/* The ids a container starts with. `groups`: comma list. False where the list makes no sense. */
bool ids_begin(struct ids *ids, u32 user, u32 group, const char *groups);

static inline bool ids_capable(const struct ids *ids, int capability) {
    return (ids->effective & CAPABILITY(capability)) != 0;
}
/* At most MAX_GROUPS; kept in order, as the kernel does. */
void ids_set_groups(struct ids *ids, const u32 *groups, u32 count);
bool ids_in_group(const struct ids *ids, u32 group);

/* The system calls: 0 or -errno. */
long ids_setuid(struct ids *ids, u32 id);
long ids_setgid(struct ids *ids, u32 id);
long ids_setreuid(struct ids *ids, u32 real, u32 effective);
long ids_setregid(struct ids *ids, u32 real, u32 effective);
long ids_setresuid(struct ids *ids, u32 real, u32 effective, u32 saved);
long ids_setresgid(struct ids *ids, u32 real, u32 effective, u32 saved);
/* The id from before, whatever became of the new one. */
u32 ids_setfsuid(struct ids *ids, u32 id);
u32 ids_setfsgid(struct ids *ids, u32 id);
long ids_capset(struct ids *ids, u64 permitted, u64 effective, u64 inheritable);
/* The options of prctl that are about these ids: what it returns, or -errno. */
long ids_option(struct ids *ids, const u64 a[5]);

/* What the file of a program has to do with the rights of who starts it. */
struct program_rights {
    u32 mode, owner, group;
    bool has_capabilities; /* then: */
    bool effective;        /* and they are in effect at once */
    u64 permitted, inheritable;
    bool watched;          /* the process is traced by one who may not have what the program would gain */
    bool gains;            /* set by ids_exec(): ids or capabilities that there were not */
};

/* gain.c: fill in the capabilities that an attribute security.capability (capabilities(7)) gives. 0 or -EINVAL. */
long program_capabilities(struct program_rights *program, const void *attribute, size_t size);
/* Would they make a difference? Not to root. */
bool program_may_matter(const struct ids *ids, const struct program_rights *program);
/* What an exec makes of the ids. 1 where rights were gained (AT_SECURE), else 0; -EPERM: the file has capabilities that
 * are to be in effect at once, and may not give them. */
long ids_exec(struct ids *ids, struct program_rights *program);

/* May a process send another one a signal (kill(2))? `own`: to itself or its own threads; `continues`: it is
 * SIGCONT, within one session. */
bool ids_may_signal(const struct ids *from, const struct ids *to, bool own, bool continues);
/* May it look at what is another's own: memory, open files, environment (ptrace(2), PTRACE_MODE_READ_FSCREDS)? Root may
 * here, though it lacks CAP_SYS_PTRACE. */
bool ids_may_look(const struct ids *from, const struct ids *to);
bool ids_may_look_at_all(const struct ids *from);
/* Trace it, or read what is its own by number (PTRACE_MODE_ATTACH_REALCREDS)? Set its limits? Its scheduling, its priority?
 * Its priority for the disk? */
bool ids_may_trace(const struct ids *from, const struct ids *to);
bool ids_may_limit(const struct ids *from, const struct ids *to);
bool ids_may_schedule(const struct ids *from, const struct ids *to);
bool ids_may_order(const struct ids *from, const struct ids *to);
/* The same ids, groups and capabilities? */
bool ids_equal(const struct ids *a, const struct ids *b);

/* As text without commas' end, for the words of an exec: its length; and back. */
size_t ids_write(const struct ids *ids, char *text);
bool ids_read(struct ids *ids, const char **text);

#endif
