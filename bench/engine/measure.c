/*
 * Runs a command and tells how long it took, and what it cost, everything included: a tracer, children, grandchildren
 * that were left behind. Being the reaper of its descendants it sees them all end.
 *   measure OUTPUT COMMAND [ARG...]     appends "wall-seconds cpu-seconds peak-KiB status" to OUTPUT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage used;
	int status = 0, one;
	pid_t pid, child;
	if (argc < 3) return 2;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	clock_gettime(CLOCK_MONOTONIC, &from);
	child = fork();
	if (!child) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	while ((pid = wait(&one)) > 0 || errno == EINTR)
		if (pid == child) {
			status = one;
			clock_gettime(CLOCK_MONOTONIC, &to);
		}
	getrusage(RUSAGE_CHILDREN, &used);
	FILE *out = fopen(argv[1], "a");
	if (!out) return 2;
	fprintf(out, "%.4f %.4f %ld %d\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss, status);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
