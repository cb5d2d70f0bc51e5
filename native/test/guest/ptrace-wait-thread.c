/* A debugger starts a program with vfork, PTRACE_TRACEME and exec, whose first try fails, and waits in another thread
 * than the one that traces, as Delve does: the first stop has the program loaded. */
#include "check.h"
#include <elf.h>
#include <sys/ptrace.h>
static pid_t child;
static int status;
static void *waiter(void *unused)
{
	while (waitpid(child, &status, WNOHANG | __WALL) == 0) usleep(1000);
	return unused;
}
static unsigned long entry_of(pid_t pid)
{
	char path[64];
	unsigned long pair[2], entry = 0;
	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	int fd = (int)MUST(open(path, O_RDONLY));
	while (read(fd, pair, sizeof(pair)) == sizeof(pair) && pair[0])
		if (pair[0] == AT_ENTRY) entry = pair[1];
	close(fd);
	return entry;
}
int main(int argc, char **argv)
{
	Elf64_Ehdr header;
	pthread_t thread;
	if (argc > 1) return 7;
	int fd = (int)MUST(open("/proc/self/exe", O_RDONLY));
	CHECK(read(fd, &header, sizeof(header)) == sizeof(header));
	close(fd);
	child = vfork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl("/absent", argv[0], "child", (char *)NULL);
		execl("/proc/self/exe", argv[0], "child", (char *)NULL);
		_exit(127);
	}
	CHECK(pthread_create(&thread, NULL, waiter, NULL) == 0);
	pthread_join(thread, NULL);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	unsigned long entry = entry_of(child);
	CHECK(header.e_type == ET_EXEC ? entry == header.e_entry : entry > header.e_entry && (entry - header.e_entry) % 4096 == 0);
	errno = 0;
	CHECK(ptrace(PTRACE_PEEKDATA, child, (void *)entry, NULL) != -1 || errno == 0);
	MUST(ptrace(PTRACE_CONT, child, NULL, NULL));
	MUST(waitpid(child, &status, __WALL));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	child = vfork();
	if (child == 0) { execl("/proc/self/exe", argv[0], "child", (char *)NULL); _exit(127); }
	MUST(waitpid(child, &status, __WALL)); /* the next child is not traced */
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	return pass();
}
