/*
 * The small workloads of the speed table, one program built static and dynamic.
 *   work stat THREADS ROUNDS | files N | spawn N PROGRAM | posix_spawn N PROGRAM | untrapped N | cpu N | resident | nothing
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int rounds;

/* Per round 8 names that exist, 2 that do not, one open and close: what compilers and interpreters do. */
static void *storm(void *unused)
{
	static const char *const good[] = { "/usr/bin/env", "/etc/passwd", "/usr/lib/os-release", "/bin/sh", "/usr/share/doc", "/etc", "/usr/share/perl5/../doc", "/var/lib/dpkg/status" };
	struct stat st;
	(void)unused;
	for (int i = 0; i < rounds; i++) {
		for (int n = 0; n < 8; n++) if (stat(good[n], &st)) { perror(good[n]); exit(1); }
		if (!stat("/usr/lib/absent.so", &st) || !stat("/etc/absent/absent", &st)) exit(1);
		int fd = open("/etc/passwd", O_RDONLY);
		if (fd < 0) exit(1);
		close(fd);
	}
	return NULL;
}

static void files(int n)
{
	char a[64], b[64];
	if (mkdir("bench-files", 0755) || chdir("bench-files")) exit(1);
	for (int i = 0; i < n; i++) { snprintf(a, sizeof a, "f%d", i); int fd = open(a, O_CREAT | O_WRONLY, 0644); if (fd < 0 || write(fd, a, 4) != 4) exit(1); close(fd); }
	for (int i = 0; i < n; i++) { snprintf(a, sizeof a, "f%d", i); snprintf(b, sizeof b, "g%d", i); if (rename(a, b)) exit(1); }
	for (int i = 0; i < n; i++) { snprintf(b, sizeof b, "g%d", i); if (unlink(b)) exit(1); }
	if (chdir("..") || rmdir("bench-files")) exit(1);
}

static void spawn(int n, char *program, int vforking)
{
	char *const argv[] = { program, "nothing", NULL };
	extern char **environ;
	for (int i = 0; i < n; i++) {
		int status;
		pid_t child = vforking ? -1 : fork();
		if (vforking && posix_spawn(&child, program, NULL, NULL, argv, environ)) exit(1);
		if (!child) { execve(program, argv, environ); _exit(127); }
		if (waitpid(child, &status, 0) != child || status) exit(1);
	}
}

/* Anonymous and private file pages of this process which do not belong to the program: told as a whole. */
/* Says who it is and waits to be looked at. */
static void resident(void)
{
	printf("%d\n", (int)getpid());
	fflush(stdout);
	sleep(1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "nothing";
	long n = argc > 2 ? atol(argv[2]) : 0;
	if (!strcmp(what, "stat")) {
		pthread_t threads[64];
		rounds = atoi(argv[3]);
		if (n == 1) storm(NULL); else {
			for (long i = 0; i < n; i++) pthread_create(&threads[i], NULL, storm, NULL);
			for (long i = 0; i < n; i++) pthread_join(threads[i], NULL);
		}
	} else if (!strcmp(what, "files")) files((int)n);
	else if (!strcmp(what, "spawn")) spawn((int)n, argv[3], 0);
	else if (!strcmp(what, "posix_spawn")) spawn((int)n, argv[3], 1);
	else if (!strcmp(what, "untrapped")) for (long i = 0; i < n; i++) syscall(SYS_getppid);
	else if (!strcmp(what, "cpu")) { volatile uint64_t sink; uint64_t x = 1; for (long i = 0; i < n; i++) x = x * 6364136223846793005u + 1442695040888963407u; sink = x; (void)sink; }
	else if (!strcmp(what, "resident")) resident();
	return 0;
}
