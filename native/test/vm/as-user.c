/* as-user PROGRAM ARG...: becomes uid and gid 1001, without other groups, and runs it. */
#define _GNU_SOURCE
#include <grp.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	gid_t group = 1001;
	if (argc < 2 || setgroups(1, &group) || setresgid(1001, 1001, 1001) || setresuid(1001, 1001, 1001)) { perror("as-user"); return 125; }
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
