/* inotify watches guest paths, through links and binds, and reports names. */
#include "check.h"
#include <sys/inotify.h>
int main(void)
{
	union { struct inotify_event event; char room[4096]; } u;
	MUST(symlink("/work/d", "l")); MUST(mkdir("d", 0755));
	int n = (int)MUST(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	int w = (int)MUST(inotify_add_watch(n, "/work/l", IN_CREATE | IN_DELETE));
	CHECK(inotify_add_watch(n, "/work/d", IN_CREATE | IN_DELETE) == w);
	int v = (int)MUST(inotify_add_watch(n, "/mnt/rw", IN_CREATE));
	put("/work/l/x", "x"); CHECK(read(n, &u, sizeof u) > 0); CHECK(u.event.wd == w && (u.event.mask & IN_CREATE)); SAME("x", u.event.name);
	put("/mnt/rw/y", "y"); CHECK(read(n, &u, sizeof u) > 0); CHECK(u.event.wd == v); SAME("y", u.event.name);
	FAILS(ENOENT, inotify_add_watch(n, "/absent", IN_CREATE));
	FAILS(ENOTDIR, inotify_add_watch(n, "/etc/marker", IN_CREATE | IN_ONLYDIR));
	FAILS(ELOOP, inotify_add_watch(n, "/links/loop", IN_CREATE));
	return pass();
}
