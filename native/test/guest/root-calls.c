/* Emulated root: chroot to a directory changes what `/` is for this process alone; calls tools expect to succeed do. */
// identity: root
// variants: static musl
#include "check.h"
#include <sys/prctl.h>
int main(void)
{
	char text[64];
	MUST(mkdir("jail", 0755)); MUST(mkdir("jail/etc", 0755)); put("jail/etc/marker", "jail\n"); MUST(symlink("/etc/marker", "jail/l"));
	IN_CHILD(0, {
		MUST(chroot("/work/jail"));
		MUST(chdir("/"));
		SAME("jail\n", get("/etc/marker"));
		SAME("jail\n", get("/l"));
		SAME("jail\n", get("/../../etc/marker"));
		SAME("/", getcwd(text, sizeof text));
		IN_CHILD(0, SAME("jail\n", get("/etc/marker")));
	});
	SAME("guest\n", get("/etc/marker"));
	MUST(chroot("/")); SAME("guest\n", get("/etc/marker")); FAILS(ENOENT, chroot("/absent")); FAILS(ENOTDIR, chroot("/etc/marker"));
	MUST(prctl(PR_SET_KEEPCAPS, 0)); struct rlimit r; MUST(getrlimit(RLIMIT_NOFILE, &r)); MUST(setrlimit(RLIMIT_NOFILE, &r));
	sync();
	return pass();
}
