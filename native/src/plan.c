/* The plan's words: each a name and its fixed number of values, until "--". No quoting, no decisions. */
#include "plan.h"

#include <linux/errno.h>

#include "sys/arena.h"
#include "sys/text.h"

static bool parse_number(const char *text, u64 most, u64 *value) {
    const char *end;
    return text_number(text, value, &end) && !*end && *value <= most;
}

static bool parse_switch(const char *text, const char *yes, const char *no, bool *value) {
    *value = text_equal(text, yes);
    return *value || text_equal(text, no);
}

static bool parse_bind(struct plan *p, char **v) {
    if (p->bind_count == MAX_BINDS) return false;
    struct bind *bind = &p->binds[p->bind_count++];
    bind->host = v[0];
    bind->guest = v[1];
    return v[0][0] == '/' && v[1][0] == '/' && parse_switch(v[2], "ro", "rw", &bind->read_only);
}

static bool parse_port(struct plan *p, char **v) {
    u64 host, guest;
    if (p->port_count == MAX_PORTS) return false;
    struct port *port = &p->ports[p->port_count++];
    if (!parse_number(v[0], 65535, &host) || !parse_number(v[1], 65535, &guest)) return false;
    port->host = (u16)host;
    port->guest = (u16)guest;
    return parse_switch(v[2], "udp", "tcp", &port->udp);
}

static bool parse_user(struct plan *p, char **v) {
    u64 uid, gid;
    if (!parse_number(v[0], 0xfffffffe, &uid) || !parse_number(v[1], 0xfffffffe, &gid)) return false;
    p->uid = (u32)uid;
    p->gid = (u32)gid;
    p->groups = v[2];
    p->ids_given = true;
    return true;
}

static bool parse_debug(struct plan *p, char **v) {
    u64 level;
    if (!parse_number(v[0], 9, &level)) return false;
    p->debug = (int)level;
    return true;
}

static bool parse_root(struct plan *p, char **v) { return (p->root = v[0])[0] == '/'; }
static bool parse_exec(struct plan *p, char **v) { return (p->exec = v[0])[0] == '/'; }
static bool parse_cwd(struct plan *p, char **v) { return (p->cwd = v[0])[0] == '/'; }
static bool parse_owners(struct plan *p, char **v) { return (p->owners = v[0])[0] == '/'; }
static bool parse_state(struct plan *p, char **v) { return (p->state = v[0])[0] == '/'; }
static bool parse_hostname(struct plan *p, char **v) { return strlen(p->hostname = v[0]) <= 64; }
static bool parse_kernel(struct plan *p, char **v) { return strlen(p->kernel = v[0]) <= 64; }
static bool parse_emulation(struct plan *p, char **v) {
    p->emulation_given = true;
    return parse_switch(v[0], "on", "off", &p->emulate_root);
}
static bool parse_mode(struct plan *p, char **v) { return parse_switch(v[0], "rewrite", "trap", &p->rewrite); }
static bool parse_on_exit(struct plan *p, char **v) { return parse_switch(v[0], "kill", "keep", &p->kill_on_exit); }

/* Not of the plan as given: added by a chroot, for the programs started inside. */
static bool parse_inside(struct plan *p, char **v) { return (p->inside = v[0])[0] == '/'; }

static const struct word {
    const char *name;
    int values;
    bool (*parse)(struct plan *p, char **values);
} words[] = {
    {"root", 1, parse_root},         {"exec", 1, parse_exec},     {"bind", 3, parse_bind},
    {"cwd", 1, parse_cwd},           {"user", 3, parse_user},     {"root-emulation", 1, parse_emulation},
    {"owners", 1, parse_owners},     {"state", 1, parse_state},   {"hostname", 1, parse_hostname},
    {"kernel", 1, parse_kernel},     {"port", 3, parse_port},     {"mode", 1, parse_mode},
    {"on-exit", 1, parse_on_exit},   {"inside", 1, parse_inside},   {"debug", 1, parse_debug},
};

static const struct word *find_word(const char *name) {
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        if (words[i].name[0] == name[0] && text_equal(words[i].name, name)) return &words[i];
    return NULL;
}

int plan_word_length(const char *name) {
    const struct word *word = find_word(name);
    return word ? 1 + word->values : 1;
}

/* Room for as many binds and ports as there are, and no more. */
static bool make_room(struct plan *plan, int argc, char **argv, int first) {
    size_t binds = 0, ports = 0;
    for (int i = first; i < argc && !text_equal(argv[i], "--");) {
        const struct word *word = find_word(argv[i]);
        if (word && word->parse == parse_bind) binds++;
        if (word && word->parse == parse_port) ports++;
        i += word ? 1 + word->values : 1;
    }
    if (binds > MAX_BINDS) binds = MAX_BINDS;
    if (ports > MAX_PORTS) ports = MAX_PORTS;
    plan->binds = arena_take(binds * sizeof(*plan->binds));
    plan->ports = arena_take(ports * sizeof(*plan->ports));
    return plan->binds && plan->ports;
}

long plan_parse(int argc, char **argv, int first, struct plan *plan, const char **complaint) {
    memset(plan, 0, sizeof(*plan));
    plan->cwd = "/";
    plan->groups = "";
    *complaint = "";
    if (!make_room(plan, argc, argv, first)) return -ENOMEM;
    int i = first;
    while (i < argc && !text_equal(argv[i], "--")) {
        const struct word *word = find_word(argv[i]);
        *complaint = argv[i];
        if (!word || i + word->values >= argc || !word->parse(plan, argv + i + 1)) return -EINVAL;
        i += 1 + word->values;
    }
    *complaint = !plan->root ? "root" : !plan->exec ? "exec" : "--";
    if (!plan->root || !plan->exec || i + 1 >= argc) return -EINVAL;
    plan->first_argument = i + 1;
    if (!plan->emulation_given) plan->emulate_root = plan->ids_given && plan->uid == 0;
    return 0;
}
