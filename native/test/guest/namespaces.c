/* Namespaces, io_uring and clone3 give an answer, whatever it is, and path calls stay right afterwards. */
// variants: static dynamic
#include "check.h"
#include <sched.h>
static void go_on(void)
{
	if (!exists("/etc/marker") || exists("/work/absent")) fail("paths are wrong");
}
int main(void)
{
	char args[128] = { 0 };
	IN_CHILD(0, { unshare(CLONE_NEWUSER); go_on(); });
	IN_CHILD(0, { unshare(CLONE_NEWUSER | CLONE_NEWNS); go_on(); });
	IN_CHILD(0, { unshare(CLONE_FS); MUST(chdir("/links")); go_on(); });
	IN_CHILD(0, { unshare(CLONE_FILES); go_on(); });
	IN_CHILD(0, { syscall(425, 4, args); go_on(); });
	IN_CHILD(0, { long pid = syscall(435, args, 64); if (!pid) _exit(0); if (pid > 0) waitpid((pid_t)pid, NULL, 0); go_on(); });
	IN_CHILD(0, { int fd = open("/proc/self/ns/mnt", O_RDONLY); if (fd >= 0) syscall(SYS_setns, fd, 0); go_on(); });
	IN_CHILD(0, {
		long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
		if (!pid) { go_on(); _exit(0); }
		if (pid > 0) CHECK(reap((pid_t)pid) == 0);
		go_on();
	});
	go_on();
	return pass();
}
