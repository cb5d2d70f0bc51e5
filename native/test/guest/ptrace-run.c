/* What a debugger does: vfork, TRACEME, exec; one stop at the exec, the program's image in place there; run on to its end. */
#include "check.h"
#include <elf.h>
#include <sys/ptrace.h>
static void debug(pid_t child)
{
	int status, stops = 0;
	if (child < 0) fail("fork");
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	MUST(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL));
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/exe", child);
	SAME("/bin/sleep", link_of(name));
	snprintf(name, sizeof name, "/proc/%d/auxv", child);
	Elf64_auxv_t *aux = (void *)get(name);
	unsigned long header = 0;
	for (; aux->a_type; aux++) if (aux->a_type == AT_PHDR) header = aux->a_un.a_val;
	CHECK(header);
	errno = 0;
	long word = ptrace(PTRACE_PEEKDATA, child, header & ~4095ul, 0);
	CHECK(errno == 0);
	CHECK((word & 0xffffffff) == 0x464c457f);
	MUST(ptrace(PTRACE_CONT, child, 0, 0));
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		int number = WSTOPSIG(status);
		stops++;
		MUST(ptrace(PTRACE_CONT, child, 0, number == SIGTRAP ? 0 : number));
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(stops < 1000);
}
int main(void)
{
	char *const argv[] = { "sleep", "0.1", NULL };
	pid_t child = fork();
	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(9);
		execv("/bin/sleep", argv);
		_exit(8);
	}
	debug(child);
	child = vfork();
	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(9);
		execv("/bin/sleep", argv);
		_exit(8);
	}
	debug(child);
	return pass();
}
