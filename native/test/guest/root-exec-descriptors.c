/* An exec needs no free descriptor: not where those in the way are closed by it, and not for a static program where none
 * is; the program begins with the limit that was set, and knows whose files are whose. */
// variants: static musl
// identity: root
// args: first
#include "check.h"
enum { LIMIT = 40 };
static void fill(int flags)
{
	while (open("/dev/null", O_RDONLY | flags) >= 0) ;
	CHECK(errno == EMFILE);
}
int main(int argc, char **argv)
{
	struct rlimit limit;
	struct stat st;
	MUST(getrlimit(RLIMIT_NOFILE, &limit));
	if (argc > 1 && !strcmp(argv[1], "first")) {
		if (limit.rlim_max <= LIMIT) skip("the hard limit is too low");
		limit.rlim_cur = LIMIT;
		MUST(setrlimit(RLIMIT_NOFILE, &limit));
		put("/work/file", "x");
		MUST(chown("/work/file", 7, 8));
		fill(O_CLOEXEC);
		execl("/proc/self/exe", "root-exec-descriptors", "second", NULL);
		fail("exec with descriptors that it closes");
	}
	CHECK(limit.rlim_cur == LIMIT);
	MUST(stat("/work/file", &st));
	CHECK(st.st_size == 1 && st.st_uid == 7 && st.st_gid == 8);
	if (!strcmp(argv[1], "second")) {
		int next = (int)MUST(open("/dev/null", O_RDONLY | O_CLOEXEC));
		CHECK(next == 3);
		fill(0);
		execl("/proc/self/exe", "root-exec-descriptors", "third", NULL);
		fail("exec with descriptors that stay");
	}
	MUST(dup2(0, 3));
	FAILS(EMFILE, open("/dev/null", O_RDONLY));
	return pass();
}
