/* /proc/self speaks of the guest: exe, cwd, root, fd, cmdline, comm, and the same through thread-self, the pid and task. */
#include "check.h"
static char me[64];
static const char *under(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", me, name);
	return path;
}
static void look(const char *self)
{
	char text[64];
	SAME(self, link_of(under("exe")));
	SAME("/work", link_of(under("cwd")));
	SAME("/", link_of(under("root")));
	int fd = (int)MUST(open("/links/relative", O_RDONLY));
	snprintf(text, sizeof text, "fd/%d", fd);
	SAME("/etc/marker", link_of(under(text)));
	close(fd);
	fd = (int)MUST(open("/mnt/rw/nested/marker", O_RDONLY));
	snprintf(text, sizeof text, "fd/%d", fd);
	SAME("/mnt/rw/nested/marker", link_of(under(text)));
	/* a link into an open file opens that file; a short buffer truncates the guest's name */
	int again = (int)MUST(open(under(text), O_RDONLY));
	CHECK(read(again, text, 7) == 7 && !memcmp(text, "nested\n", 7));
	close(again); close(fd);
	CHECK(readlink(under("cwd"), text, 3) == 3 && !memcmp(text, "/wo", 3));
	struct stat a, b;
	MUST(stat(under("exe"), &a));
	MUST(stat(self, &b));
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	MUST(lstat(under("exe"), &a));
	CHECK(S_ISLNK(a.st_mode));
	fd = (int)MUST(open(under("exe"), O_RDONLY));
	CHECK(read(fd, text, 4) == 4 && !memcmp(text, "\177ELF", 4));
	close(fd);
	MUST(stat(under("root/etc/marker"), &a));
	MUST(stat("/etc/marker", &b));
	CHECK(a.st_ino == b.st_ino);
	MUST(stat(under("cwd/../etc/marker"), &a));
	CHECK(a.st_ino == b.st_ino);
	MUST(stat(under("root/../../etc/marker"), &a));
	CHECK(a.st_ino == b.st_ino);
	put("/work/gone", "x");
	fd = (int)MUST(open("/work/gone", O_RDONLY));
	MUST(unlink("/work/gone"));
	snprintf(text, sizeof text, "fd/%d", fd);
	SAME("/work/gone (deleted)", link_of(under(text)));
	close(fd);
}
int main(int argc, char **argv)
{
	strcpy(me, "/proc/self"); look(argv[0]);
	strcpy(me, "/proc/thread-self"); look(argv[0]);
	snprintf(me, sizeof me, "/proc/%d", getpid()); look(argv[0]);
	snprintf(me, sizeof me, "/proc/self/task/%d", getpid()); look(argv[0]);
	strcpy(me, "/proc/../proc/./self"); look(argv[0]);
	char *cmdline = get("/proc/self/cmdline");
	SAME(argv[0], cmdline);
	char *base = strrchr(argv[0], '/') + 1, comm[17];
	snprintf(comm, 16, "%s", base);
	char *seen = get("/proc/self/comm");
	seen[strcspn(seen, "\n")] = 0;
	SAME(comm, seen);
	char *stat_line = get("/proc/self/stat");
	char want[40];
	snprintf(want, sizeof want, "%d (%s) ", getpid(), comm);
	CHECK(!strncmp(stat_line, want, strlen(want)));
	CHECK(strstr(get("/proc/self/status"), comm));
	int links = exists("/dev/stdin") && exists("/dev/fd");
	CHECK(links);
	return pass();
}
