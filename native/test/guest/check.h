/*
 * What every guest program shares: one verdict on stdout (`ok`, `skip: why`, `not ok: why`) and
 * exit status 0, 77 or 1. A program states what Linux does; it must pass in a real chroot too.
 */
#ifndef CHECK_H
#define CHECK_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	int saved = errno;
	va_list args;
	va_start(args, format);
	fflush(stdout);
	dprintf(1, "not ok: ");
	vdprintf(1, format, args);
	dprintf(1, " (errno %d %s)\n", saved, strerror(saved));
	_exit(1);
}

static inline __attribute__((noreturn)) void skip(const char *why)
{
	dprintf(1, "skip: %s\n", why);
	_exit(77);
}

static inline int pass(void)
{
	fflush(stdout);
	dprintf(1, "ok\n");
	return 0;
}

/* The expression must be true. */
#define CHECK(expression) do { if (!(expression)) fail("line %d: %s", __LINE__, #expression); } while (0)

/* The call must succeed; yields its result. */
#define MUST(call) ({ long must_result = (long)(call); if (must_result == -1) fail("line %d: %s", __LINE__, #call); must_result; })

/* The call must fail with exactly this errno. */
#define FAILS(wanted, call) do { errno = 0; long fails_result = (long)(call); \
	if (fails_result != -1) fail("line %d: %s returned %ld, wanted %s", __LINE__, #call, fails_result, #wanted); \
	if (errno != (wanted)) fail("line %d: %s, wanted %s", __LINE__, #call, #wanted); } while (0)

/* The two texts must be equal. */
#define SAME(wanted, got) do { const char *same_w = (wanted), *same_g = (got); \
	if (strcmp(same_w, same_g)) fail("line %d: %s is \"%s\", wanted \"%s\"", __LINE__, #got, same_g, same_w); } while (0)

/* Creates (or empties) a file holding TEXT. */
static inline void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) fail("cannot write %s", path);
	close(fd);
}

/* Reads a small file as text into a static buffer. */
static inline char *get(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) fail("cannot open %s", path);
	size_t length = 0;
	for (ssize_t n; length < sizeof text - 1 && (n = read(fd, text + length, sizeof text - 1 - length)) > 0;) length += (size_t)n;
	text[length] = 0;
	close(fd);
	return text;
}

/* Reads a link into a static buffer. */
static inline char *link_of(const char *path)
{
	static char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof text - 1);
	if (n < 0) fail("cannot read link %s", path);
	text[n] = 0;
	return text;
}

/* Waits for the child and yields its raw wait status. */
static inline int reap(pid_t child)
{
	int status;
	while (waitpid(child, &status, 0) != child)
		if (errno != EINTR) fail("cannot wait for %d", (int)child);
	return status;
}

/* Runs BODY in a child which must exit with STATUS. */
#define IN_CHILD(status, body) do { pid_t in_child = (pid_t)MUST(fork()); \
	if (!in_child) { body; _exit(status); } \
	int in_status = reap(in_child); \
	if (!WIFEXITED(in_status) || WEXITSTATUS(in_status) != (status)) \
		fail("line %d: child ended with wait status %#x, wanted exit %d", __LINE__, in_status, status); } while (0)

static inline int exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* Microseconds of the monotonic clock. */
static inline long now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
#endif
