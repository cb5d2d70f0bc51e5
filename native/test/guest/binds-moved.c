/* A directory that holds a mount point takes the mount along when it is renamed, for all processes; a bind stays when its source is renamed. */
#include "check.h"
static int ask[2], tell[2];
/* Another process, which began before anything was moved, says whether a path is there. */
static void other(void)
{
	char path[200];
	for (ssize_t n; (n = read(ask[0], path, sizeof path - 1)) > 0;) {
		path[n] = 0;
		MUST(write(tell[1], exists(path) ? "y" : "n", 1));
	}
	_exit(0);
}
static int seen_there(const char *path)
{
	char answer;
	MUST(write(ask[1], path, strlen(path)));
	CHECK(read(tell[0], &answer, 1) == 1);
	return answer == 'y';
}
static int seen_by_program(const char *path) { IN_CHILD(7, { execl("/proc/self/exe", "x", path, NULL); }); return 1; }
static void at(const char *path, const char *not)
{
	char marker[200];
	snprintf(marker, sizeof marker, "%s/marker", path);
	SAME("absent\n", get(marker));
	CHECK(seen_there(marker));
	CHECK(seen_by_program(marker));
	CHECK(strstr(get("/proc/self/mounts"), path));
	FAILS(EBUSY, rmdir(path));
	FAILS(EBUSY, rename(path, "/mnt/else"));
	if (!not) return;
	CHECK(!exists(not));
	CHECK(!seen_there(not));
}
int main(int argc, char **argv)
{
	char path[200];
	if (argc > 1) return exists(argv[1]) ? 7 : 8;
	MUST(pipe(ask)), MUST(pipe(tell));
	pid_t child = (pid_t)MUST(fork());
	if (!child) { close(ask[1]); other(); }
	close(ask[0]);
	int fd = (int)MUST(open("/mnt/absent/deep/point", O_RDONLY));
	at("/mnt/absent/deep/point", NULL);
	MUST(rename("/mnt/absent", "/mnt/moved"));
	at("/mnt/moved/deep/point", "/mnt/absent");
	SAME("/mnt/moved/deep/point", link_of((snprintf(path, sizeof path, "/proc/self/fd/%d", fd), path)));
	MUST(chdir("/mnt/moved/deep/point"));
	MUST(rename("/mnt/moved/deep", "/work/far"));
	at("/work/far/point", "/mnt/moved/deep");
	SAME("/work/far/point", getcwd(path, sizeof path));
	SAME("absent\n", get("marker"));
	MUST(chdir("/mnt"));
	/* exchanged */
	MUST(mkdir("dir", 0755));
	put("dir/file", "");
	MUST(syscall(SYS_renameat2, AT_FDCWD, "dir", AT_FDCWD, "/work/far", 2));
	at("/mnt/dir/point", "/work/far/point");
	CHECK(exists("/work/far/file"));
	FAILS(ENOTEMPTY, rename("/work/far", "/mnt/dir"));
	FAILS(ENOTEMPTY, rmdir("/mnt/dir"));
	MUST(syscall(SYS_renameat2, AT_FDCWD, "dir", AT_FDCWD, "/work/far", 2));
	at("/work/far/point", "/mnt/dir/point");
	/* made anew where it was, it is a plain directory */
	MUST(mkdir("/mnt/absent", 0755)), MUST(mkdir("/mnt/absent/deep", 0755)), MUST(mkdir("/mnt/absent/deep/point", 0755));
	CHECK(!exists("/mnt/absent/deep/point/marker"));
	MUST(rmdir("/mnt/absent/deep/point"));
	/* what is mounted lies in another bind */
	MUST(rename("/mnt/rw/nested/inner", "/mnt/rw/nested/other"));
	at("/work/far/point", "/mnt/rw/nested/inner");
	CHECK(exists("/mnt/rw/nested/other/marker"));
	put("/mnt/rw/nested/other/new", "new");
	SAME("new", get("/work/far/point/new"));
	/* a mount on a mount: only in between */
	FAILS(EBUSY, rename("/mnt/rw/nested", "/mnt/rw/other"));
	MUST(rename("/work/far", "/mnt/rw-not") + 0);
	at("/mnt/rw-not/point", "/work/far");
	FAILS(EXDEV, rename("/mnt/rw-not", "/mnt/rw/in"));
	close(ask[1]);
	reap(child);
	return pass();
}
