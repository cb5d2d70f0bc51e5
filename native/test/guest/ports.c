/* A published port: bind to 80 becomes the host's port, is told as 80, and is reachable as 80 from inside. */
// native: no
// plan: port 47180 80 tcp port 47153 53 udp
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
static int is_port(int fd) { struct sockaddr_in a; socklen_t n = sizeof a; MUST(getsockname(fd, (void *)&a, &n)); return ntohs(a.sin_port); }
int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, p;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
	socklen_t n = sizeof p;
	int one = 1, s = (int)MUST(socket(AF_INET, SOCK_STREAM, 0)), c = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	MUST(bind(s, (void *)&a, sizeof a)); MUST(listen(s, 3)); CHECK(is_port(s) == 80); CHECK(strstr(get("/proc/net/tcp"), ":B84C"));
	MUST(connect(c, (void *)&a, sizeof a)); MUST(getpeername(c, (void *)&p, &n)); CHECK(ntohs(p.sin_port) == 80);
	int k = (int)MUST(accept(s, NULL, NULL)); CHECK(is_port(k) == 80); close(k); close(c); close(s);
	int u = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)); a.sin_port = htons(53); MUST(bind(u, (void *)&a, sizeof a)); CHECK(is_port(u) == 53);
	s = socket(AF_INET6, SOCK_STREAM, 0);
	if (s >= 0) {
		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		MUST(bind(s, (void *)&six, sizeof six));
		n = sizeof six;
		MUST(getsockname(s, (void *)&six, &n));
		CHECK(ntohs(six.sin6_port) == 80);
	}
	int other = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));
	a.sin_port = 0;
	MUST(bind(other, (void *)&a, sizeof a));
	CHECK(is_port(other) > 1023);
	return pass();
}
