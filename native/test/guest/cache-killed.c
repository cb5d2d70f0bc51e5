/* A process killed as soon as it has moved a link leaves nobody with a wrong idea of where it leads. */
#include "check.h"
#include <sys/ptrace.h>
static void killed_when_moved(const char *from)
{
	char was[32];
	int status;
	strcpy(was, link_of("/work/l"));
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		rename(from, "/work/l");
		_exit(0);
	}
	MUST(waitpid(child, &status, 0));
	while (WIFSTOPPED(status) && !strcmp(was, link_of("/work/l"))) {
		MUST(ptrace(PTRACE_SYSCALL, child, 0, 0));
		MUST(waitpid(child, &status, 0));
	}
	CHECK(WIFSTOPPED(status));
	MUST(kill(child, SIGKILL));
	reap(child);
}
int main(void)
{
	char text[8];
	MUST(mkdir("first", 0755));
	MUST(mkdir("second", 0755));
	put("first/f", "a");
	put("second/f", "b");
	MUST(symlink("first", "l"));
	MUST(symlink("second", "m"));
	MUST(symlink("first", "n"));
	CHECK(get("/work/l/f")[0] == 'a' && get("/work/l/f")[0] == 'a');
	killed_when_moved("/work/m");
	CHECK(get("/work/l/f")[0] == 'b');
	killed_when_moved("/work/n");
	CHECK(get("/work/l/f")[0] == 'a');
	MUST(readlink("/work/l", text, 8));
	return pass();
}
