/* The files of a process in /proc are its effective user's, and what is in its memory and descriptors is for that user
 * only. */
// identity: root
// owners: yes
#include "check.h"
#ifndef STATX_BASIC_STATS
#include <linux/stat.h>
#define statx(...) syscall(SYS_statx, __VA_ARGS__)
#endif
#include <sys/prctl.h>
static int owner(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;
	struct statx stx;
	MUST(lstat(path, &st));
	MUST(statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx));
	return st.st_uid == uid && st.st_gid == gid && stx.stx_uid == uid && stx.stx_gid == gid;
}
static char text[64];
static const char *of(pid_t pid, const char *name) { snprintf(text, sizeof text, "/proc/%d%s%s", (int)pid, *name ? "/" : "", name); return text; }
static pid_t sleeper(const char *program, uid_t uid)
{
	int ready[2];
	char c;
	MUST(pipe(ready));
	pid_t child = (pid_t)MUST(fork());
	if (child) { close(ready[1]); MUST(read(ready[0], &c, 1)); close(ready[0]); return child; }
	MUST(syscall(SYS_setgroups, 0, NULL)); MUST(setresgid(uid + 1, uid + 1, uid + 1)); MUST(setresuid(uid, uid, uid));
	snprintf(text, sizeof text, "%d", ready[1]);
	execl(program, program, text, NULL);
	_exit(1);
}
int main(int argc, char **argv)
{
	if (argc > 1) { prctl(PR_SET_PDEATHSIG, SIGKILL); MUST(write(atoi(argv[1]), "", 1)); for (;;) pause(); }
	char target[256];
	pid_t mine = sleeper(argv[0], 700), other = sleeper(argv[0], 800);
	CHECK(owner("/proc/self/", 0, 0)); CHECK(owner(of(getpid(), "status"), 0, 0));
	CHECK(owner(of(mine, ""), 700, 701)); CHECK(owner(of(mine, "status"), 700, 701)); CHECK(owner(of(other, "exe"), 800, 801)); CHECK(owner("/proc/version", 0, 0)); CHECK(owner("/proc", 0, 0));
	int fd = (int)MUST(open("/proc", O_RDONLY | O_DIRECTORY));
	struct stat st;
	snprintf(text, sizeof text, "%d", (int)mine); MUST(fstatat(fd, text, &st, 0)); CHECK(st.st_uid == 700);
	MUST(fstat((int)MUST(open(of(other, "cmdline"), O_RDONLY)), &st)); CHECK(st.st_uid == 800);
	MUST(chdir(of(mine, ""))); MUST(stat("cmdline", &st)); CHECK(st.st_uid == 700); MUST(stat(".", &st)); CHECK(st.st_uid == 700);
	CHECK(open(of(other, "environ"), O_RDONLY) >= 0);
	CHECK(open("/proc/self/ns/uts", O_RDONLY) >= 0); MUST(stat("/proc/self/ns/uts", &st)); CHECK(S_ISREG(st.st_mode)); FAILS(ENOTDIR, open("/proc/self/ns/uts/x", O_RDONLY));
	IN_CHILD(0, {
		MUST(setresgid(701, 701, 701)); MUST(setresuid(700, 700, 700));
		CHECK(owner(of(getpid(), ""), 700, 701)); CHECK(owner(of(getpid(), "status"), 0, 0)); CHECK(owner("/proc/self/exe", 0, 0));
		MUST(prctl(PR_SET_DUMPABLE, 1)); CHECK(owner("/proc/self/exe", 700, 701));
		CHECK(owner(of(other, ""), 800, 801));
		CHECK(open(of(mine, "environ"), O_RDONLY) >= 0); MUST(readlink(of(mine, "exe"), target, sizeof target)); CHECK(open(of(mine, "fd"), O_RDONLY) >= 0);
		FAILS(EACCES, open(of(other, "environ"), O_RDONLY)); FAILS(EACCES, open(of(other, "fd"), O_RDONLY)); FAILS(EACCES, open(of(other, "fd/0"), O_RDONLY));
		FAILS(EACCES, readlink(of(other, "exe"), target, sizeof target)); FAILS(EACCES, readlink(of(other, "cwd"), target, sizeof target)); FAILS(EACCES, chdir(of(other, "cwd")));
		FAILS(EACCES, lstat(of(other, "fd/0"), &st)); MUST(lstat(of(other, "exe"), &st)); FAILS(EACCES, stat(of(other, "root"), &st)); FAILS(EACCES, open(of(other, "maps"), O_RDONLY) == -1 && errno == EACCES ? -1 : read((int)MUST(open(of(other, "maps"), O_RDONLY)), target, 1));
		CHECK(open(of(other, "cmdline"), O_RDONLY) >= 0); CHECK(open(of(other, "status"), O_RDONLY) >= 0); CHECK(open(of(other, "stat"), O_RDONLY) >= 0); MUST(stat(of(other, "fd"), &st));
	});
	kill(mine, SIGKILL); kill(other, SIGKILL);
	return pass();
}
