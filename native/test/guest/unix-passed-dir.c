/* A directory descriptor received over a socket works as the base of relative calls. */
#include "check.h"
int main(void)
{
	int pair[2];
	MUST(mkdir("/work/d", 0755));
	put("/work/d/f", "passed\n");
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec part = { "x", 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		int d = open("/work/d", O_RDONLY | O_DIRECTORY);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(sizeof d);
		memcpy(CMSG_DATA(c), &d, sizeof d);
		_exit(sendmsg(pair[1], &m, 0) != 1);
	}
	char byte;
	part.iov_base = &byte;
	CHECK(recvmsg(pair[0], &m, 0) == 1);
	int d;
	memcpy(&d, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof d);
	CHECK(reap(child) == 0);
	struct stat st;
	MUST(fstatat(d, "f", &st, 0));
	MUST(fstatat(d, "../../etc/marker", &st, 0));
	MUST(fstatat(d, "../../../../../etc/marker", &st, 0));
	MUST(fchdir(d));
	char cwd[64];
	SAME("/work/d", getcwd(cwd, sizeof cwd));
	return pass();
}
