/* The guest's environment is what was given and nothing more, in memory, in /proc and after an exec. */
#include "check.h"
extern char **environ;
static const char *const wanted[] = { "PATH=/bin", "HOME=/", "TERM=dumb", "GUEST_MARK=1" };
static void look(int count)
{
	int n = 0;
	for (; environ[n]; n++) if (n >= count) fail("one variable too many: %s", environ[n]);
	CHECK(n == count);
	for (int i = 0; i < count; i++) SAME(wanted[i], environ[i]);
	int fd = (int)MUST(open("/proc/self/environ", O_RDONLY));
	char text[4096];
	ssize_t length = read(fd, text, sizeof text);
	close(fd);
	size_t total = 0;
	for (int i = 0; i < count; i++) {
		CHECK(total < (size_t)length);
		SAME(wanted[i], text + total);
		total += strlen(wanted[i]) + 1;
	}
	if ((size_t)length != total) fail("/proc/self/environ holds %ld bytes, wanted %ld", (long)length, (long)total);
}
int main(int argc, char **argv)
{
	if (argc > 1) { look(argv[1][0] - '0'); return 0; }
	look(4);
	IN_CHILD(0, execl(argv[0], argv[0], "4", NULL));
	char *const none[] = { NULL }, *const args[] = { argv[0], "0", NULL };
	IN_CHILD(0, execve(argv[0], args, none));
	IN_CHILD(0, execve(argv[0], args, NULL));
	return pass();
}
