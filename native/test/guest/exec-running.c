/* A program that runs cannot be written to or cut, by any name, until its last process is gone; its script, ld.so and others can. */
#include "check.h"
#include <sys/statfs.h>
static int ready[2];
static pid_t runner;	/* the process that says that it runs */
static void copy(const char *from, const char *to, int mode)
{
	char room[65536];
	int in = (int)MUST(open(from, O_RDONLY)), out = (int)MUST(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, mode));
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;) MUST(write(out, room, (size_t)n));
	close(in), close(out);
}
static pid_t run(const char *path, const char *how)
{
	char number[16];
	MUST(pipe(ready));
	snprintf(number, sizeof number, "%d", ready[1]);
	pid_t child = (pid_t)MUST(fork());
	if (!child) { close(ready[0]); execl(path, path, how, number, NULL); _exit(3); }
	close(ready[1]);
	CHECK(read(ready[0], &runner, sizeof runner) > 0);
	return child;
}
static void refused(const char *path)
{
	char link[64];
	struct stat before, after;
	MUST(stat(path, &before));
	FAILS(ETXTBSY, open(path, O_WRONLY));
	FAILS(ETXTBSY, open(path, O_RDWR | O_APPEND));
	FAILS(ETXTBSY, open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	FAILS(ETXTBSY, open(path, O_RDONLY | O_TRUNC));
	FAILS(ETXTBSY, creat(path, 0755));
	FAILS(ETXTBSY, truncate(path, 10));
	FAILS(EEXIST, open(path, O_WRONLY | O_CREAT | O_EXCL, 0755));
	FAILS(ENOTDIR, open(path, O_WRONLY | O_DIRECTORY));
	int fd = (int)MUST(open(path, O_RDONLY));
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	FAILS(ETXTBSY, open(link, O_WRONLY));
	FAILS(ETXTBSY, truncate(link, 0));
	close(fd);
	MUST(stat(path, &after));
	CHECK(before.st_size == after.st_size);
}
static void written(const char *path) { int fd = (int)MUST(open(path, O_WRONLY | O_CREAT, 0755)); MUST(ftruncate(fd, 20000)); close(fd); }
int main(int argc, char **argv)
{
	if (argc > 2) {
		if (!strcmp(argv[1], "forks") && fork()) _exit(0);
		pid_t self = getpid();
		MUST(write(atoi(argv[2]), &self, sizeof self));
		for (;;) pause();
	}
	struct statfs fs;
	MUST(statfs("/work", &fs));
	if (fs.f_type != 0xef53 && fs.f_type != 0x58465342 && fs.f_type != 0x9123683e && fs.f_type != 0x01021994) skip("/work is on a file system where running programs are not told");
	copy("/proc/self/exe", "prog", 0755);
	pid_t child = run("/work/prog", "stays");
	FAILS(ETXTBSY, open("prog", O_WRONLY));
	MUST(mkdir("dir", 0755));
	MUST(symlink("../prog", "dir/link"));
	refused("/work/prog");
	refused("prog");
	refused("dir/link");
	refused("../work/prog");
	/* moved and linked */
	MUST(rename("prog", "dir/moved"));
	refused("dir/moved");
	MUST(link("dir/moved", "other"));
	refused("other");
	MUST(unlink("dir/moved"));
	refused("/work/other");
	/* something else of that name */
	copy("/proc/self/exe", "prog", 0755);
	written("prog");
	MUST(kill(child, SIGKILL));
	reap(child);
	written("other");
	/* a daemon: the process that was started is gone */
	copy("/proc/self/exe", "daemon", 0755);
	child = run("daemon", "forks");
	reap(child);
	refused("daemon");
	MUST(kill(runner, SIGKILL));
	/* a script and what a program is loaded with may be written */
	put("script", "#!/bin/sh\necho r >&$2\nread x\n");
	MUST(chmod("script", 0755));
	int in[2];
	MUST(pipe(in));
	dup2(in[0], 0);
	child = run("/work/script", "stays");
	written("script");
	close(in[0]), close(in[1]);
	MUST(kill(child, SIGKILL));
	reap(child);
	return pass();
}
