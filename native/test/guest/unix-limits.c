/* Names of every legal length, unterminated ones, abstract, unnamed and autobound sockets, names in deep directories. */
#include "check.h"
static const socklen_t base = offsetof(struct sockaddr_un, sun_path);
static int stream(void) { return (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)); }
int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX }, got;
	struct sockaddr_storage wide;
	socklen_t length;
	/* 108 bytes without a terminator */
	memset(a.sun_path, 'n', 108);
	memcpy(a.sun_path, "/work/", 6);
	int s = stream();
	MUST(bind(s, (void *)&a, base + 108));
	MUST(listen(s, 1));
	memset(&wide, 0, sizeof wide);
	length = sizeof wide;
	MUST(getsockname(s, (void *)&wide, &length));
	CHECK(!memcmp(((struct sockaddr_un *)&wide)->sun_path, a.sun_path, 108));
	CHECK(length == base + 109);
	int c = stream();
	MUST(connect(c, (void *)&a, base + 108));
	close(c); close(s);
	/* abstract: untouched, and no file */
	memset(&a, 0, sizeof a);
	a.sun_family = AF_UNIX;
	snprintf(a.sun_path + 1, 100, "/work/abstract-%d", getpid());
	length = base + 1 + (socklen_t)strlen(a.sun_path + 1);
	s = stream();
	MUST(bind(s, (void *)&a, length));
	MUST(listen(s, 1));
	CHECK(!exists(a.sun_path + 1));
	c = stream();
	MUST(connect(c, (void *)&a, length));
	socklen_t back = sizeof got;
	MUST(getpeername(c, (void *)&got, &back));
	CHECK(back == length && !memcmp(&got, &a, length));
	close(c); close(s);
	/* autobind and unnamed */
	s = stream();
	back = sizeof got;
	MUST(getsockname(s, (void *)&got, &back));
	CHECK(back == sizeof(sa_family_t));
	MUST(bind(s, (void *)&a, sizeof(sa_family_t)));
	back = sizeof got;
	MUST(getsockname(s, (void *)&got, &back));
	CHECK(back == base + 6 && got.sun_path[0] == 0);
	close(s);
	/* reached through a descriptor of a directory too deep for sun_path */
	char name[101];
	memset(name, 'd', 100);
	name[100] = 0;
	for (int i = 0; i < 3; i++) { MUST(mkdir(name, 0755)); MUST(chdir(name)); }
	int d = (int)MUST(open(".", O_RDONLY | O_DIRECTORY));
	memset(&a, 0, sizeof a);
	a.sun_family = AF_UNIX;
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/sock", d);
	s = stream();
	MUST(bind(s, (void *)&a, sizeof a));
	MUST(listen(s, 1));
	CHECK(exists("sock"));
	c = stream();
	MUST(connect(c, (void *)&a, sizeof a));
	strcpy(a.sun_path, "sock");
	int c2 = stream();
	MUST(connect(c2, (void *)&a, sizeof a));
	back = sizeof got;
	MUST(getpeername(c2, (void *)&got, &back));
	char want[40];
	snprintf(want, sizeof want, "/proc/self/fd/%d/sock", d);
	SAME(want, got.sun_path);
	/* unix(7): a socket passed over a socketpair */
	int pair[2];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	back = sizeof got;
	MUST(getpeername(pair[0], (void *)&got, &back));
	CHECK(back == sizeof(sa_family_t));
	return pass();
}
