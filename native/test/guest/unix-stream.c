/* Unix stream sockets by path: the file appears in the guest's tree, and every name read back is the guest's. */
#include "check.h"
static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	strcpy(a.sun_path, path);
	return a;
}
static void round_trip(const char *bound, const char *reached)
{
	struct sockaddr_un a = address(bound), b = address(reached), got;
	socklen_t length;
	struct stat st;
	int server = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)), client = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	MUST(bind(server, (void *)&a, sizeof a));
	MUST(lstat(bound, &st));
	CHECK(S_ISSOCK(st.st_mode));
	MUST(listen(server, 1));
	memset(&got, 'x', sizeof got);
	length = sizeof got;
	MUST(getsockname(server, (void *)&got, &length));
	SAME(bound, got.sun_path);
	CHECK(length == offsetof(struct sockaddr_un, sun_path) + strlen(bound) + 1);
	MUST(connect(client, (void *)&b, sizeof b));
	memset(&got, 'x', sizeof got);
	length = sizeof got;
	MUST(getpeername(client, (void *)&got, &length));
	SAME(bound, got.sun_path);
	int peer = (int)MUST(accept(server, NULL, NULL));
	length = sizeof got;
	MUST(getsockname(peer, (void *)&got, &length));
	SAME(bound, got.sun_path);
	MUST(write(client, "hello", 5));
	char text[8];
	CHECK(read(peer, text, 8) == 5);
	/* Truncated into a short buffer: the full length comes back. */
	length = 5;
	MUST(getsockname(server, (void *)&got, &length));
	CHECK(length == offsetof(struct sockaddr_un, sun_path) + strlen(bound) + 1);
	FAILS(EADDRINUSE, ({ int s = socket(AF_UNIX, SOCK_STREAM, 0); int r = bind(s, (void *)&a, sizeof a); int e = errno; close(s); errno = e; r; }));
	close(server); close(client); close(peer);
	MUST(unlink(bound));
	client = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	FAILS(ENOENT, connect(client, (void *)&b, sizeof b));
	close(client);
}
int main(void)
{
	MUST(mkdir("/work/d", 0755));
	MUST(symlink("/work/d", "/work/l"));
	round_trip("/work/s", "/work/s");
	round_trip("/work/s", "s");
	round_trip("s", "/work/s");
	round_trip("d/s", "l/s");
	round_trip("/work/l/s", "/work/d/../d/s");
	round_trip("/mnt/rw/s", "/mnt/rw/nested/../s");
	round_trip("../tmp/../work/s", "./s");
	struct sockaddr_un a = address("/mnt/ro/s");
	int s = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));
	FAILS(EROFS, bind(s, (void *)&a, sizeof a));
	a = address("/work/none/s");
	FAILS(ENOENT, bind(s, (void *)&a, sizeof a));
	return pass();
}
