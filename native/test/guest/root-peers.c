/* Emulated root: /proc/PID/status, SO_PEERCRED and capabilities tell the ids that a process has taken. */
// identity: root
#include "check.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
int main(void)
{
	char path[64], word;
	int pair[2], ready[2];
	struct ucred peer;
	socklen_t size = sizeof peer;
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	MUST(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size));
	CHECK(size == sizeof peer && peer.pid == getpid() && peer.uid == 0 && peer.gid == 0);
	MUST(pipe(ready));
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		gid_t groups[2] = { 9, 10 };
		MUST(setgroups(2, groups));
		MUST(setgid(1001));
		MUST(setuid(1000));
		CHECK(strstr(get("/proc/self/status"), "Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001\n"));
		CHECK(strstr(get("/proc/thread-self/status"), "Groups:\t9 10 \n"));
		CHECK(strstr(get("/proc/self/status"), "CapEff:\t0000000000000000\n"));
		MUST(write(ready[1], "x", 1));
		pause();
	}
	CHECK(read(ready[0], &word, 1) == 1);
	snprintf(path, sizeof path, "/proc/%d/status", (int)child);
	CHECK(strstr(get(path), "Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001\n"));
	CHECK(strstr(get("/proc/self/status"), "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"));
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, child };
	struct __user_cap_data_struct data[2];
	MUST(syscall(SYS_capget, &header, data));
	CHECK(!data[0].effective && !data[0].permitted);
	MUST(kill(child, SIGKILL));
	reap(child);
	FAILS(ESRCH, syscall(SYS_capget, &header, data));
	header.version = 7;
	FAILS(EINVAL, syscall(SYS_capget, &header, data));
	CHECK(header.version == _LINUX_CAPABILITY_VERSION_3);
	CHECK(prctl(PR_CAPBSET_READ, CAP_CHOWN) == 1);
	FAILS(EINVAL, prctl(PR_CAPBSET_READ, 4096));
	IN_CHILD(0, {
		MUST(prctl(PR_SET_KEEPCAPS, 1));
		MUST(setresuid(5, 5, 5));
		header.pid = 0;
		MUST(syscall(SYS_capget, &header, data));
		CHECK(!data[0].effective && (data[0].permitted & (1u << CAP_CHOWN)));
		data[0].effective = 1u << CAP_CHOWN;
		data[0].permitted = 1u << CAP_CHOWN;
		data[1].effective = data[1].permitted = 0;
		MUST(syscall(SYS_capset, &header, data));
		data[0].permitted |= 1u << CAP_KILL;
		FAILS(EPERM, syscall(SYS_capset, &header, data));
		FAILS(EPERM, setuid(0));
	});
	return pass();
}
