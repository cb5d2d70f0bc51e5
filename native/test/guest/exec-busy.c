/* A program or script that somebody has open for writing is not run, and is run once it no longer is. */
#include "check.h"
static int run(const char *path)
{
	char *const argv[] = { (char *)path, NULL };
	pid_t child = (pid_t)MUST(vfork());
	if (!child) { execv(path, argv); _exit(errno == ETXTBSY ? 42 : 43); }
	return WEXITSTATUS(reap(child));
}
int main(int argc, char **argv)
{
	if (argc > 1 || !strcmp(argv[0], "/work/copy")) return 5;
	char room[65536];
	int in = (int)MUST(open(argv[0], O_RDONLY)), out = (int)MUST(open("/work/copy", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;) MUST(write(out, room, (size_t)n));
	if (run("/work/copy") != 42) skip("this kernel does not tell");
	close(out);
	CHECK(run("/work/copy") == 5);
	out = (int)MUST(open("/work/script", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	MUST(write(out, "#!/bin/sh\nexit 6\n", 17));
	CHECK(run("/work/script") == 42);
	close(out);
	CHECK(run("/work/script") == 6);
	/* a reader is no writer, and not every program is looked for */
	out = (int)MUST(open("/work/script", O_RDONLY));
	CHECK(run("/work/script") == 6);
	FAILS(ENOENT, execl("/work/absent", "absent", NULL));
	return pass();
}
