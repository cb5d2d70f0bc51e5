/* Which of its ways the engine was started. */
#include "exec/exec.h"
#include "probe.h"
#include "start.h"
#include "state/export.h"
#include "supervise/supervise.h"
#include "sys/raw.h"
#include "sys/say.h"
#include "sys/text.h"

void engine_main(u64 *stack) __attribute__((noreturn, used));
void engine_main(u64 *stack) {
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
    u64 *auxv = (u64 *)envp;
    while (*auxv++) {
    }
    if (argc < 2) fail(125, "this program is started by udocker", "");
    if (text_starts(argv[1], "resume1")) resume(argc, argv, envp, auxv);
    if (text_equal(argv[1], "plan1")) start(argc, argv, envp, auxv);
    if (text_equal(argv[1], "supervise1")) supervise(argc, argv, envp);
    if (text_equal(argv[1], "init1")) init(argc, argv, envp);
    if (text_equal(argv[1], "probe")) probe(envp, auxv);
    if (text_equal(argv[1], "owners1")) owners_export(argc, argv);
    if (text_equal(argv[1], "version")) {
        static const char text[] = "udocker-engine 1\n";
        sys(__NR_write, 1, text, sizeof(text) - 1);
        for (;;) sys(__NR_exit_group, 0);
    }
    fail(125, "unknown version of the plan: ", argv[1]);
}
