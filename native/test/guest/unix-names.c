/* accept, recvfrom, recvmsg, sendto and sendmsg carry guest names; a sender bound by path is seen by that path. */
#include "check.h"
static struct sockaddr_un a, b, got;
int main(void)
{
	a.sun_family = b.sun_family = AF_UNIX;
	strcpy(a.sun_path, "/work/a");
	strcpy(b.sun_path, "/work/b");
	int x = (int)MUST(socket(AF_UNIX, SOCK_DGRAM, 0)), y = (int)MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
	MUST(bind(x, (void *)&a, sizeof a));
	MUST(bind(y, (void *)&b, sizeof b));
	char text[16];
	socklen_t length = sizeof got;
	CHECK(sendto(x, "one", 3, 0, (void *)&b, sizeof b) == 3);
	CHECK(recvfrom(y, text, 16, 0, (void *)&got, &length) == 3);
	SAME("/work/a", got.sun_path);
	struct iovec part = { "two", 3 };
	struct msghdr m = { .msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &part, .msg_iovlen = 1 };
	CHECK(sendmsg(y, &m, 0) == 3);
	part.iov_base = text; part.iov_len = 16;
	memset(&got, 0, sizeof got);
	m.msg_name = &got; m.msg_namelen = sizeof got;
	CHECK(recvmsg(x, &m, 0) == 3);
	SAME("/work/b", got.sun_path);
	CHECK(m.msg_namelen == offsetof(struct sockaddr_un, sun_path) + 8);
	struct mmsghdr many[2];
	struct iovec parts[2] = { { "three", 5 }, { "four", 4 } };
	memset(many, 0, sizeof many);
	for (int i = 0; i < 2; i++) many[i].msg_hdr = (struct msghdr){
		.msg_name = &b, .msg_namelen = sizeof b, .msg_iov = &parts[i], .msg_iovlen = 1
	};
	CHECK(sendmmsg(x, many, 2, 0) == 2);
	struct sockaddr_un names[2];
	char texts[2][16];
	memset(names, 0, sizeof names);
	for (int i = 0; i < 2; i++) {
		parts[i] = (struct iovec){ texts[i], 16 };
		many[i].msg_hdr = (struct msghdr){ .msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	CHECK(recvmmsg(y, many, 2, 0, NULL) == 2);
	for (int i = 0; i < 2; i++) SAME("/work/a", names[i].sun_path);
	MUST(connect(x, (void *)&b, sizeof b));
	CHECK(send(x, "five", 4, 0) == 4);
	/* accept: a stream client bound by path */
	unlink("/work/a"); unlink("/work/b");
	int s = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)), c = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	MUST(bind(s, (void *)&a, sizeof a));
	MUST(listen(s, 4));
	MUST(bind(c, (void *)&b, sizeof b));
	MUST(connect(c, (void *)&a, sizeof a));
	memset(&got, 0, sizeof got);
	length = sizeof got;
	int p = (int)MUST(accept4(s, (void *)&got, &length, SOCK_CLOEXEC));
	SAME("/work/b", got.sun_path);
	length = sizeof got;
	memset(&got, 0, sizeof got);
	MUST(getpeername(p, (void *)&got, &length));
	SAME("/work/b", got.sun_path);
	return pass();
}
