/* A program has the descriptors it was given and has opened, and no other: every number is free, in calls, in listings
 * and behind an exec, can be closed in vain, and can be had. Whatever happens to them, paths lead where they did. */
#include "check.h"
#include <linux/close_range.h>
#include <stdbool.h>
#include <linux/stat.h>
#include <sys/vfs.h>

enum { MOST = 300 };

static bool given[MOST];
static ino_t passwd;

static void paths_lead_on(void)
{
	struct stat st;
	MUST(stat("/etc/passwd", &st)); CHECK(st.st_ino == passwd);
	MUST(lstat("/etc/../etc/./passwd", &st)); CHECK(st.st_ino == passwd);
	int fd = (int)MUST(open("/etc/passwd", O_RDONLY)); MUST(fstat(fd, &st)); CHECK(st.st_ino == passwd); MUST(close(fd));
	MUST(access("/etc/passwd", R_OK)); FAILS(ENOENT, access("/etc/no such file", F_OK)); FAILS(ENOTDIR, access("/etc/passwd/x", F_OK));
	MUST(stat("/", &st)); CHECK(S_ISDIR(st.st_mode)); MUST(stat("//etc//passwd", &st)); CHECK(st.st_ino == passwd);
	put("/work/new", "1"); MUST(rename("/work/new", "/work/newer")); MUST(link("/work/newer", "/work/second"));
	MUST(unlink("/work/newer")); MUST(unlink("/work/second")); FAILS(ENOENT, unlink("/work/second"));
}

static void is_free(int n)
{
	struct stat st;
	struct statfs fs;
	char buffer[512], name[64];
	FAILS(EBADF, fcntl(n, F_GETFD)); FAILS(EBADF, fcntl(n, F_DUPFD, 0)); FAILS(EBADF, dup(n));
	FAILS(EBADF, dup2(n, 301)); FAILS(EBADF, dup3(n, 301, O_CLOEXEC)); FAILS(EBADF, close(n));
	FAILS(EBADF, syscall(SYS_fstat, n, &st)); FAILS(EBADF, fstatat(n, "", &st, AT_EMPTY_PATH)); FAILS(EBADF, fstatat(n, "etc", &st, 0));
	FAILS(EBADF, syscall(SYS_statx, n, "", AT_EMPTY_PATH, STATX_ALL, buffer)); FAILS(EBADF, fstatfs(n, &fs));
	FAILS(EBADF, openat(n, "etc", O_RDONLY)); FAILS(EBADF, openat(n, "etc/passwd", O_RDONLY)); FAILS(EBADF, faccessat(n, "etc", F_OK, 0));
	FAILS(EBADF, mkdirat(n, "made", 0755)); FAILS(EBADF, unlinkat(n, "made", 0)); FAILS(EBADF, fchdir(n));
	FAILS(EBADF, readlinkat(n, "etc", buffer, sizeof buffer)); FAILS(EBADF, read(n, buffer, 1)); FAILS(EBADF, lseek(n, 0, SEEK_CUR));
	struct pollfd p = {n, POLLIN, 0};
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLNVAL);
	for (int where = 0; where < 2; where++) {
		snprintf(name, sizeof name, where ? "/proc/thread-self/fd/%d" : "/proc/self/fd/%d", n);
		FAILS(ENOENT, readlink(name, buffer, sizeof buffer)); FAILS(ENOENT, stat(name, &st)); FAILS(ENOENT, open(name, O_RDONLY));
		strcat(name, "/etc"); FAILS(ENOENT, stat(name, &st));
	}
}

/* Read with room for few names at a time; which of the given ones are there is counted. */
static void lists_no_other(const char *path, size_t room)
{
	char list[4096];
	int fd = (int)MUST(open(path, O_RDONLY | O_DIRECTORY)), wanted = 0, seen = 0;
	for (int n = 0; n < MOST; n++) wanted += given[n];
	for (long r; (r = MUST(syscall(SYS_getdents64, fd, list, room))) > 0;)
		for (long at = 0; at < r; at += *(unsigned short *)(list + at + 16)) {
			char *name = list + at + 19;
			if (name[0] == '.' || atoi(name) == fd) continue;
			CHECK(atoi(name) < MOST && given[atoi(name)]);
			seen++;
		}
	CHECK(seen == wanted);
	MUST(close(fd));
}

static void nothing_else_is_open(void)
{
	char task[64];
	snprintf(task, sizeof task, "/proc/self/task/%ld/fd", syscall(SYS_gettid));
	for (int n = 0; n < MOST; n++)
		if (!given[n]) is_free(n);
	for (size_t room = 24; room <= 4096; room = room * 3 / 2 + 8) {
		lists_no_other("/proc/self/fd", room); lists_no_other("/proc/self/fdinfo", room); lists_no_other(task, room);
	}
	paths_lead_on();
}

static void every_number_can_be_had(void)
{
	struct stat st, other;
	int fd = (int)MUST(open("/etc/passwd", O_RDONLY)), d = (int)MUST(open("/work", O_RDONLY | O_DIRECTORY));
	MUST(fstat(d, &other));
	for (int n = d + 1; n < MOST; n++) {
		FAILS(EBADF, dup2(299, n < 299 ? n : 298)); /* and what is there stays */
		if (n % 2) MUST(dup2(fd, n)); else MUST(dup3(d, n, O_CLOEXEC));
		MUST(fstat(n, &st)); CHECK(st.st_ino == (n % 2 ? passwd : other.st_ino));
		paths_lead_on();
	}
	MUST(fstatat(100, "/etc/passwd", &st, 0)); MUST(faccessat(100, ".", F_OK, 0));
	for (int n = fd; n < MOST; n++) MUST(close(n));
	paths_lead_on();
}

static void after_exec(char **argv)
{
	for (const char *p = argv[1]; *p; p++) given[atoi(p)] = true, p = strchr(p, ',');
	passwd = (ino_t)strtoull(argv[2], NULL, 10);
	nothing_else_is_open();
	_exit(5);
}

static void exec_again(void)
{
	char list[MOST * 4] = "", number[24], *end = list;
	for (int n = 0; n < MOST; n++)
		if (given[n]) end += sprintf(end, "%d,", n);
	sprintf(number, "%llu", (unsigned long long)passwd);
	execl("/proc/self/exe", "descriptor-numbers", list, number, (char *)NULL);
	_exit(6);
}

int main(int argc, char **argv)
{
	struct stat st;
	if (argc > 2) after_exec(argv);
	MUST(stat("/etc/passwd", &st)); passwd = st.st_ino;
	struct rlimit most = {1024, 1024};
	if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur < MOST) skip("fewer descriptors than this needs");
	for (int n = 0; n < 3; n++) given[n] = fcntl(n, F_GETFD) >= 0;
	MUST(syscall(SYS_close_range, 3, ~0U, 0)); /* what the harness left open */
	nothing_else_is_open();
	MUST(syscall(SYS_close_range, 50, 150, 0)); MUST(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC));
	FAILS(EINVAL, syscall(SYS_close_range, 100, 100, 64)); FAILS(EINVAL, syscall(SYS_close_range, 150, 50, 0));
	for (unsigned n = 90; n < 130; n++) MUST(syscall(SYS_close_range, n, n, CLOSE_RANGE_UNSHARE));
	nothing_else_is_open();
	IN_CHILD(5, exec_again());
	IN_CHILD(5, (paths_lead_on(), exec_again()));
	pid_t child = vfork();
	if (!child) { for (int n = 3; n < MOST; n++) close(n); exec_again(); }
	CHECK(reap(child) == 5 << 8);
	IN_CHILD(5, (every_number_can_be_had(), exec_again()));
	FAILS(EBADF, syscall(SYS_execveat, 100, "", argv, argv, AT_EMPTY_PATH)); FAILS(EBADF, syscall(SYS_execveat, 100, "bin/sh", argv, argv, 0));
	IN_CHILD(5, (MUST(dup2(0, 100)), given[100] = true, nothing_else_is_open(), exec_again()));
	nothing_else_is_open();
	every_number_can_be_had();
	nothing_else_is_open();
	return pass();
}
