/* The plan: what the TypeScript side wants done, as argument words. Parsed once, then a value. */
#ifndef PLAN_H
#define PLAN_H
#include "sys/types.h"

#define MAX_BINDS 128
#define MAX_PORTS 64
#define MAX_WORDS (MAX_BINDS * 4 + MAX_PORTS * 4 + 64)

struct bind {
    const char *host, *guest;
    bool read_only;
};

struct port {
    u16 host, guest;
    bool udp;
};

struct plan {
    const char *root, *exec, *cwd, *owners, *state, *hostname, *kernel;
    struct bind *binds;
    unsigned bind_count;
    struct port *ports;
    unsigned port_count;
    u32 uid, gid;
    const char *groups;     /* comma list as given */
    bool ids_given;
    bool emulate_root;      /* as asked, else wherever the user is 0 */
    bool emulation_given;
    bool rewrite;
    bool kill_on_exit;
    int debug;
    const char *inside;     /* this process's root, where the guest has called chroot */
    int first_argument;     /* index of the guest's argv[0] in argv */
};

/* Parse argv from the word behind the version word on. 0, or -EINVAL with *complaint naming the word, or -ENOMEM.
 * Binds and ports are kept in the arena. */
long plan_parse(int argc, char **argv, int first, struct plan *plan, const char **complaint);

/* Number of argv entries a known word takes, itself included. */
int plan_word_length(const char *name);

#endif
