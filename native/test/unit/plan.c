/* The words of the plan: what is taken, and what is refused and named. */
#include "../../src/plan.h"

#include "unit.h"

static struct plan plan;

/* Parse words separated by spaces; the complaint, or NULL. */
static const char *parse(const char *text) {
    static char room[1024];
    static char *words[128];
    const char *complaint = "";
    int n = 0;
    snprintf(room, sizeof(room), "%s", text);
    for (char *word = strtok(room, " "); word; word = strtok(NULL, " ")) words[n++] = strcmp(word, "''") ? word : "";
    words[n] = NULL;
    return plan_parse(n, words, 0, &plan, &complaint) < 0 ? complaint : NULL;
}

static void test_taken(void) {
    EXPECT(!parse("root /r exec /bin/sh -- sh -c x"));
    EXPECT(!strcmp(plan.root, "/r") && !strcmp(plan.exec, "/bin/sh") && !strcmp(plan.cwd, "/"));
    EXPECT(plan.first_argument == 5 && plan.bind_count == 0 && !plan.emulate_root && !plan.ids_given);
    EXPECT(!parse("bind /proc /proc rw root / bind /a /b ro exec /x user 0 7 1,2 root-emulation on port 8080 80 tcp "
                  "port 53 53 udp kernel 6.1 hostname box mode rewrite on-exit kill debug 3 state /s owners /o cwd /w -- x"));
    EXPECT(plan.bind_count == 2 && !plan.binds[0].read_only && plan.binds[1].read_only);
    EXPECT(!strcmp(plan.binds[1].host, "/a") && !strcmp(plan.binds[1].guest, "/b"));
    EXPECT(plan.port_count == 2 && plan.ports[0].host == 8080 && plan.ports[0].guest == 80 && !plan.ports[0].udp);
    EXPECT(plan.ports[1].udp && plan.uid == 0 && plan.gid == 7 && plan.ids_given && !strcmp(plan.groups, "1,2"));
    EXPECT(plan.emulate_root && plan.rewrite && plan.kill_on_exit && plan.debug == 3);
    EXPECT(!parse("root / exec /x user 4294967294 0 '' -- x") && plan.uid == 4294967294u);
}

static void test_refused(void) {
    static const struct {
        const char *words, *complaint;
    } cases[] = {
        {"exec /x -- x", "root"}, {"root / -- x", "exec"}, {"root / exec /x", "--"}, {"root / exec /x --", "--"},
        {"root relative exec /x -- x", "root"}, {"root / exec x -- x", "exec"}, {"root / exec /x what -- x", "what"},
        {"root / exec /x bind /a /b maybe -- x", "bind"}, {"root / exec /x bind a /b rw -- x", "bind"},
        {"root / exec /x bind /a b rw -- x", "bind"}, {"root / exec /x port 1 65536 tcp -- x", "port"},
        {"root / exec /x port 1 2 sctp -- x", "port"}, {"root / exec /x user -1 0 '' -- x", "user"},
        {"root / exec /x user 4294967295 0 '' -- x", "user"}, {"root / exec /x user 1x 0 '' -- x", "user"},
        {"root / exec /x root-emulation yes -- x", "root-emulation"}, {"root / exec /x debug 10 -- x", "debug"},
        {"root / exec /x mode fast -- x", "mode"}, {"root / exec /x cwd", "cwd"}, {"root / exec /x port 1 2", "port"},
        {"root / exec /x user 99999999999999999999999 0 '' -- x", "user"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *complaint = parse(cases[i].words);
        EXPECT(complaint && !strcmp(complaint, cases[i].complaint));
        if (!complaint || strcmp(complaint, cases[i].complaint)) printf("  %s: %s\n", cases[i].words, complaint ? complaint : "taken");
    }
}

void test_plan(void) {
    test_taken();
    test_refused();
    EXPECT(plan_word_length("bind") == 4 && plan_word_length("root") == 2 && plan_word_length("unknown") == 1);
}
