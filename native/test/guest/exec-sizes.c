/* 1.3 MB of arguments arrive whole; one argument over 32 pages and a total over the limit give E2BIG and the caller survives. */
#include "check.h"
enum { COUNT = 13, SIZE = 100000 };
int main(int argc, char **argv)
{
	static char *args[COUNT + 3], *huge[80];
	if (argc > 2) {
		CHECK(argc == COUNT + 1);
		for (int i = 1; i < argc; i++) {
			CHECK(strlen(argv[i]) == SIZE);
			CHECK(argv[i][0] == 'a' + i && argv[i][SIZE - 1] == 'a' + i);
		}
		int fd = open("/proc/self/cmdline", O_RDONLY);
		long total = 0, n;
		char text[65536];
		while ((n = read(fd, text, sizeof text)) > 0) total += n;
		CHECK(total == (long)COUNT * (SIZE + 1) + (long)strlen(argv[0]) + 1);
		CHECK(exists("/etc/marker"));
		return 0;
	}
	args[0] = argv[0];
	for (int i = 1; i <= COUNT; i++) {
		args[i] = malloc(SIZE + 1);
		memset(args[i], 'a' + i, SIZE);
		args[i][SIZE] = 0;
	}
	IN_CHILD(0, execv(argv[0], args));
	size_t most = 32 * (size_t)sysconf(_SC_PAGESIZE);
	char *over = malloc(most + 2);
	memset(over, 'x', most + 1);
	over[most + 1] = 0;
	char *const one[] = { argv[0], over, NULL };
	FAILS(E2BIG, execv(argv[0], one));
	for (int i = 0; i < 79; i++) huge[i] = args[1];
	FAILS(E2BIG, execv(argv[0], huge));
	CHECK(exists("/etc/marker"));
	return pass();
}
