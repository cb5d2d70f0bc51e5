/* cmdline shows exactly the arguments given, also after an exec with a foreign argv[0] and with an empty argument. */
// args: first  third
#include "check.h"
int main(int argc, char **argv)
{
	int fd = (int)MUST(open("/proc/self/cmdline", O_RDONLY));
	char text[4096];
	ssize_t length = read(fd, text, sizeof text), at = 0;
	close(fd);
	for (int i = 0; i < argc; i++) {
		CHECK(at < length);
		SAME(argv[i], text + at);
		at += (ssize_t)strlen(argv[i]) + 1;
	}
	if (at != length) fail("cmdline holds %ld bytes, wanted %ld", (long)length, (long)at);
	if (!strcmp(argv[0], "strange name")) return 0;
	char self[PATH_MAX];
	strcpy(self, link_of("/proc/self/exe"));
	IN_CHILD(0, execl(self, "strange name", "", "x y", "", NULL));
	return pass();
}
