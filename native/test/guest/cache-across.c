/* Renames, replaced directories and flipped links made by one process are seen at once by another which had resolved them. */
#include "check.h"
#include <sys/mman.h>
static volatile int *turn;
static void wait_for(int n) { for (long end = now_us() + 20000000; *turn != n;) if (now_us() > end) fail("no turn %d", n); }
static void expect(const char *path, const char *text) { char got[32] = ""; int fd = open(path, O_RDONLY); if (fd < 0) fail("cannot open %s, wanted %s", path, text); read(fd, got, 31); close(fd); if (strcmp(got, text)) fail("%s holds %s, wanted %s", path, got, text); }
int main(void)
{
	turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(mkdir("x", 0755));
	MUST(mkdir("x/a", 0755));
	MUST(mkdir("x/b", 0755));
	put("x/a/f", "a");
	put("x/b/f", "b");
	MUST(mkdir("other", 0755));
	MUST(mkdir("other/a", 0755));
	put("other/a/f", "o");
	MUST(symlink("x/a", "l"));
	MUST(symlink("x", "top"));
	MUST(symlink("x/b", "l2"));
	pid_t child = (pid_t)MUST(fork());
	int base = 0;
	for (int round = 0; round < 100; round++, base += 8) {
		if (!child) {
			wait_for(base + 1);
			MUST(syscall(SYS_renameat2, AT_FDCWD, "x/a", AT_FDCWD, "x/b", 2));
			*turn = base + 2;
			wait_for(base + 3);
			MUST(rename("l", "l3"));
			MUST(rename("l2", "l"));
			MUST(rename("l3", "l2"));
			*turn = base + 4;
			wait_for(base + 5);
			MUST(unlink("top"));
			MUST(symlink("other", "top"));
			*turn = base + 6;
			wait_for(base + 7);
			MUST(syscall(SYS_renameat2, AT_FDCWD, "x/a", AT_FDCWD, "x/b", 2));
			MUST(rename("l", "l3"));
			MUST(rename("l2", "l"));
			MUST(rename("l3", "l2"));
			MUST(unlink("top"));
			MUST(symlink("x", "top"));
			*turn = base + 8;
		} else {
			expect("/work/x/a/f", "a"); expect("x/a/f", "a"); expect("/work/l/f", "a"); expect("/work/top/a/f", "a"); *turn = base + 1;
			wait_for(base + 2);
			expect("/work/x/a/f", "b");
			expect("x/a/f", "b");
			expect("/work/l/f", "b");
			expect("/work/top/a/f", "b");
			*turn = base + 3;
			wait_for(base + 4);
			expect("/work/l/f", "a");
			*turn = base + 5;
			wait_for(base + 6);
			expect("/work/top/a/f", "o");
			*turn = base + 7;
			wait_for(base + 8);
		}
	}
	if (!child) _exit(0);
	CHECK(reap(child) == 0);
	/* a file where a directory was, and a directory made anew */
	MUST(mkdir("again", 0755)); put("again/f", "1"); expect("/work/again/f", "1");
	IN_CHILD(0, { MUST(unlink("again/f")); MUST(rmdir("again")); put("again", "file"); });
	FAILS(ENOTDIR, open("/work/again/f", O_RDONLY));
	IN_CHILD(0, { MUST(unlink("again")); MUST(symlink("x/a", "again")); }); expect("/work/again/f", "a");
	IN_CHILD(0, { MUST(unlink("again")); MUST(mkdir("again", 0755)); put("again/f", "2"); }); expect("/work/again/f", "2");
	IN_CHILD(0, execl("/bin/sh", "sh", "-c", "exit 0", NULL));
	return pass();
}
