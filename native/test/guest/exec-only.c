/* A program that may be run but not read runs by every way to it, and still cannot be read. */
#include "check.h"
static const char *const copy = "/work/copy";
static int ended(int directory, const char *path, int flags)
{
	char *const argv[] = { "copy", "inside", NULL };
	pid_t child = (pid_t)MUST(vfork());
	if (!child) { syscall(SYS_execveat, directory, path, argv, NULL, flags); _exit(errno); }
	return WEXITSTATUS(reap(child));
}
static void every_way(int fd, int wanted)
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	CHECK(ended(AT_FDCWD, link, 0) == wanted);
	snprintf(link, sizeof link, "/dev/fd/%d", fd);
	CHECK(ended(AT_FDCWD, link, 0) == wanted);
	snprintf(link, sizeof link, "self/fd/%d", fd);
	int proc = (int)MUST(open("/proc", O_PATH | O_DIRECTORY));
	CHECK(ended(proc, link, 0) == wanted);
	close(proc);
	CHECK(ended(fd, "", AT_EMPTY_PATH) == wanted);
}
int main(int argc, char **argv)
{
	char room[65536];
	struct stat st;
	if (argc > 1 && !strcmp(argv[1], "inside")) return 99;
	int in = (int)MUST(open("/proc/self/exe", O_RDONLY)), out = (int)MUST(open(copy, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	for (ssize_t n; (n = read(in, room, sizeof room)) > 0;) MUST(write(out, room, (size_t)n));
	MUST(fchmod(out, 0111));
	int open_for_writing = ended(AT_FDCWD, copy, 0);
	if (open_for_writing == ETXTBSY) every_way(out, ETXTBSY);	/* kernels before 6.8 do not tell */
	close(out);
	MUST(symlink("copy", "/work/link"));
	int d = (int)MUST(open("/work", O_RDONLY | O_DIRECTORY)), p = (int)MUST(open(copy, O_PATH)), l = (int)MUST(open("/work/link", O_PATH | O_NOFOLLOW));
	CHECK(ended(AT_FDCWD, copy, 0) == 99);
	CHECK(ended(AT_FDCWD, "link", 0) == 99);
	CHECK(ended(d, "copy", 0) == 99);
	CHECK(ended(d, "copy", AT_SYMLINK_NOFOLLOW) == 99);
	CHECK(ended(d, "link", AT_SYMLINK_NOFOLLOW) == ELOOP);
	every_way(p, 99);
	CHECK(ended(l, "", AT_EMPTY_PATH) == ELOOP);
	MUST(lstat(copy, &st));
	CHECK((st.st_mode & 07777) == 0111);
	if (geteuid()) FAILS(EACCES, open(copy, O_RDONLY));
	/* one without a name */
	MUST(unlink(copy));
	every_way(p, 99);
	MUST(fstat(p, &st));
	CHECK((st.st_mode & 07777) == 0111);
	return pass();
}
