/* `udocker-engine probe`: does the engine work on this host? A program of a few calls, made here, is run in a
 * container whose root is the host's /proc: there is always one, and a path in it means something else outside. */
#include "probe.h"

#include <asm/stat.h>
#include <linux/elf.h>
#include <linux/memfd.h>
#include <linux/wait.h>

#include "engine.h"
#include "start.h"
#include "sys/raw.h"
#include "sys/say.h"
#include "sys/text.h"

#define PROBE_ID 77 /* the user the guest is to be */

#define ENOUGH_CALLS 64 /* many times what a site traps before it is rewritten */

enum { SAW_ALL = 42, SAW_REWRITING, NO_ENGINE, NO_PATHS, NO_DIRECTORY, NO_IDS };

/* The guest. It lies in a section of its own and is copied, so it may use nothing but its arguments:
 * argv[1] is a file that is there in the guest and not on the host, argv[2] the reverse. */
__attribute__((section("probe_guest_code"), used, noreturn)) void probe_guest(const u64 *stack);
__attribute__((section("probe_guest_code"), used, noreturn)) void probe_guest(const u64 *stack) {
    u64 room[64];
    u64 status = SAW_ALL;
    const volatile u8 *site = (const volatile u8 *)probe_site + ARCH_PROBE_AT;
    const u8 before = *site;
    long engine_there = arch_syscall(CALL_VERSION, 0, 0, 0, 0, 0, 0);
    if (engine_there != -ENGINE_ERRNO && engine_there != -ENGINE_EMULATES) status = NO_ENGINE;
    else if (arch_syscall(__NR_newfstatat, AT_FDCWD, (long)stack[2], (long)room, 0, 0, 0) != 0) status = NO_PATHS;
    else if (arch_syscall(__NR_newfstatat, AT_FDCWD, (long)stack[3], (long)room, 0, 0, 0) != -ENOENT) status = NO_PATHS;
    else if (arch_syscall(__NR_getcwd, (long)room, sizeof(room), 0, 0, 0, 0) != 2) status = NO_DIRECTORY;
    else if (arch_syscall(__NR_getuid, 0, 0, 0, 0, 0, 0) != PROBE_ID) status = NO_IDS;
    for (int i = 0; i < ENOUGH_CALLS && status == SAW_ALL; i++)
        if (probe_site((char *)room, sizeof(room)) != 2) status = NO_DIRECTORY;
    if (status == SAW_ALL && *site != before) status = SAW_REWRITING;
    for (;;) arch_syscall(__NR_exit_group, (long)status, 0, 0, 0, 0, 0);
}

/* The guest's ELF file, in memory only. The descriptor, or -errno. */
static long make_guest(void) {
    /* At the same place in its page as here: aarch64's adrp counts in pages. */
    const u64 base = 0x10000, at = PAGE_LEAST + (u64)__start_probe_guest_code % PAGE_LEAST;
    u64 size = (u64)(__stop_probe_guest_code - __start_probe_guest_code);
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
    } file = {
        .header = {.e_type = ET_EXEC, .e_machine = ARCH_ELF_MACHINE, .e_version = EV_CURRENT, .e_phnum = 1,
                   .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
                   .e_entry = base + at + (u64)((const u8 *)probe_entry - __start_probe_guest_code)},
        .segment = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = base, .p_paddr = base, .p_align = PAGE_LEAST,
                    .p_filesz = at + size, .p_memsz = at + size},
    };
    memcpy(file.header.e_ident, "\177ELF\2\1\1", 7);
    long fd = sys(__NR_memfd_create, "probe", 0);
    if (fd < 0) return fd;
    long r = sys(__NR_write, fd, &file, sizeof(file));
    if (r == (long)sizeof(file)) r = sys(__NR_pwrite64, fd, __start_probe_guest_code, size, at);
    return r < 0 ? r : fd;
}

/* The plan and the guest's arguments; the child becomes the guest. */
static void run_guest(long fd, char **envp, const u64 *auxv) __attribute__((noreturn));
static void run_guest(long fd, char **envp, const u64 *auxv) {
    char exec[48];
    char *argv[] = {"udocker-engine", "plan1", "root", "/proc", "exec", exec, "user", "77", "77", "",
                    "root-emulation", "on", "mode", "rewrite", "--", "probe", "/version", "/proc/version", NULL};
    text_put_number(exec, text_put(exec, 0, "/self/fd/"), (u64)fd);
    start((int)ARRAY_LENGTH(argv) - 1, argv, envp, auxv);
}

static const char *reason(int status) {
    switch (status) {
    case 256 | 9: return "the test program was killed"; /* SIGKILL */
    case 256 | 31: return "caught calls do not reach the engine: the host refuses its own handling of SIGSYS";
    case NO_ENGINE: return "the engine's filter does not answer";
    case NO_PATHS: return "paths are not translated";
    case NO_DIRECTORY: return "the working directory is not translated";
    case NO_IDS: return "ids are not emulated";
    default: return status & 256 ? "the test program died of a signal" : "the test program did not run";
    }
}

void probe(char **envp, const u64 *auxv) {
    int status = 0;
    char line[64];
    long fd = make_guest();
    if (fd < 0) fail_errno(1, "cannot make a program in memory", "", fd);
    long pid = sys(__NR_clone, 17 /* SIGCHLD */, 0, 0, 0, 0);
    if (pid < 0) fail_errno(1, "cannot start a process", "", pid);
    if (pid == 0) run_guest(fd, envp, auxv);
    long r = sys(__NR_wait4, pid, &status, 0, 0);
    if (r < 0) fail_errno(1, "cannot wait for the test program", "", r);
    int ended = status & 0x7f ? 256 | (status & 0x7f) : (status >> 8) & 0xff;
    if (ended == 125 || ended == 126 || ended == 127) for (;;) sys(__NR_exit_group, 1); /* it has said why */
    if (ended != SAW_ALL && ended != SAW_REWRITING) fail(1, reason(ended), "");
    size_t n = text_put(line, 0, ended == SAW_REWRITING ? "ok mode=rewrite version=" : "ok mode=trap version=");
    n = text_put_number(line, n, ENGINE_VERSION);
    line[n++] = '\n';
    sys(__NR_write, 1, line, n);
    for (;;) sys(__NR_exit_group, 0);
}
