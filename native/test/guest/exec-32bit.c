/* A 32-bit program is refused by a clear error or exit status; nothing hangs, and the caller goes on. */
// native: no
// variants: static
#include "check.h"
int main(void)
{
	static const unsigned char elf[] = { 0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 1, 0, 0, 0, 0x54, 0x80, 4, 8, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 4, 8, 0, 0x80, 4, 8, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0, 0, 0x31, 0xc0, 0x40, 0xb3, 0x2a, 0xcd, 0x80, 0x90, 0x90, 0x90, 0x90, 0x90 };
	int fd = (int)MUST(open("old", O_CREAT | O_WRONLY, 0755));
	MUST(write(fd, elf, sizeof elf)); close(fd);
	char *const argv[] = { "old", NULL };
	pid_t child = (pid_t)MUST(fork());
	if (!child) { execv("/work/old", argv); _exit(errno == ENOEXEC ? 126 : 1); }
	int status = reap(child);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 126 && WEXITSTATUS(status) != 125)) fail("wait status %#x", status);
	CHECK(exists("/etc/marker"));
	return pass();
}
