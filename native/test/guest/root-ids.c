/* Emulated root: every id is 0, the set*id family behaves as root's does, capabilities are full until the ids are given up. */
// identity: root
#include "check.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
static void ids(uid_t r, uid_t e, uid_t s)
{
	uid_t a, b, c;
	MUST(getresuid(&a, &b, &c));
	if (a != r || b != e || c != s) fail("ids are %d %d %d, wanted %d %d %d", a, b, c, r, e, s);
	CHECK(getuid() == r); CHECK(geteuid() == e);
}
int main(void)
{
	gid_t groups[64], list[3] = { 5, 6, 7 };
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	ids(0, 0, 0);
	CHECK(getgid() == 0 && getegid() == 0);
	CHECK(strstr(get("/proc/self/status"), "Uid:\t0\t0\t0\t0"));
	MUST(setgroups(3, list)); CHECK(getgroups(64, groups) == 3 && groups[0] == 5 && groups[2] == 7);
	MUST(setgroups(0, NULL)); CHECK(getgroups(64, groups) == 0);
	MUST(syscall(SYS_capget, &header, data)); CHECK(data[0].effective & (1u << CAP_CHOWN)); CHECK(data[0].effective & (1u << CAP_SETUID));
	IN_CHILD(0, {
		MUST(setgid(1000));
		MUST(setuid(1000));
		ids(1000, 1000, 1000);
		CHECK(getegid() == 1000);
		FAILS(EPERM, setuid(0));
		FAILS(EPERM, setgid(0));
		FAILS(EPERM, setgroups(3, list));
		MUST(syscall(SYS_capget, &header, data));
		CHECK(!data[0].effective);
	});
	IN_CHILD(0, { MUST(seteuid(1000)); ids(0, 1000, 0); FAILS(EPERM, setresuid(5, 5, 5)); MUST(seteuid(0)); ids(0, 0, 0); });
	IN_CHILD(0, { MUST(setresuid(1, 2, 3)); ids(1, 2, 3); MUST(setresuid(-1, 3, -1)); ids(1, 3, 3); FAILS(EPERM, setresuid(-1, 9, -1)); });
	IN_CHILD(0, { MUST(setreuid(4, 5)); ids(4, 5, 5); });
	IN_CHILD(0, { MUST(setregid(4, 5)); CHECK(getgid() == 4 && getegid() == 5); });
	IN_CHILD(0, { setfsuid(7); CHECK(setfsuid(-1) == 7); });
	IN_CHILD(0, { MUST(setuid(1000)); execl("/bin/sh", "sh", "-c", "exit 0", NULL); });
	return pass();
}
