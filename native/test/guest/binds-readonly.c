/* A read-only bind refuses every change with EROFS, by path, through links, through dirfds and through writable aliases. */
// variants: static dynamic
#include "check.h"
#include <sys/xattr.h>
/* setxattrat of the descriptor itself; of the working directory's older kernels say EBADF, and the oldest know no such call. */
static void refused_without_path(int fd)
{
	struct { uint64_t value; uint32_t size, flags; } args = { (uint64_t)"y", 1, 0 };
	for (int i = 0; i < 2; i++) {
		long r = syscall(463, fd, i ? "" : NULL, AT_EMPTY_PATH, "user.x", &args, sizeof args);
		if (r == 0 || (errno != EROFS && errno != ENOSYS && !(fd == AT_FDCWD && errno == EBADF))) fail("setxattrat(%d)", fd);
	}
}
int main(void)
{
	struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	SAME("ro\n", get("/mnt/ro/marker")); SAME("rofile\n", get("/mnt/rofile")); MUST(symlink("/mnt/ro", "l"));
	static const char *const files[] = { "/mnt/ro/marker", "/mnt/rofile", "/work/l/marker", "/mnt/ro/sub/../marker", "/mnt/rw/../ro/marker" };
	for (int i = 0; i < 5; i++) {
		const char *f = files[i];
		FAILS(EROFS, open(f, O_WRONLY));
		FAILS(EROFS, open(f, O_RDWR));
		FAILS(EROFS, open(f, O_RDONLY | O_TRUNC));
		FAILS(EROFS, truncate(f, 0));
		FAILS(EROFS, chmod(f, 0600));
		FAILS(EROFS, chown(f, -1, getegid()));
		FAILS(EROFS, utimensat(AT_FDCWD, f, times, 0));
		FAILS(EROFS, setxattr(f, "user.x", "y", 1, 0));
		FAILS(EROFS, access(f, W_OK));
		MUST(access(f, R_OK));
		close((int)MUST(open(f, O_RDONLY | O_CREAT, 0644)));
		FAILS(EEXIST, open(f, O_CREAT | O_EXCL | O_WRONLY, 0644));
	}
	FAILS(EROFS, unlink("/mnt/ro/marker"));
	FAILS(EROFS, mkdir("/mnt/ro/new", 0755));
	FAILS(EEXIST, mkdir("/mnt/ro/sub", 0755));
	FAILS(EROFS, rmdir("/mnt/ro/sub"));
	FAILS(EROFS, open("/mnt/ro/new", O_CREAT | O_WRONLY, 0644));
	FAILS(EROFS, rename("/mnt/ro/marker", "/mnt/ro/other"));
	FAILS(EROFS, symlink("x", "/mnt/ro/new"));
	FAILS(EROFS, link("/mnt/ro/marker", "/mnt/ro/new"));
	FAILS(EROFS, mknod("/mnt/ro/new", S_IFIFO | 0644, 0));
	FAILS(EROFS, mkfifo("/mnt/ro/sub/new", 0644));
	FAILS(EROFS, open("/mnt/ro", O_TMPFILE | O_WRONLY, 0644));
	FAILS(EXDEV, rename("/mnt/ro/marker", "/work/x"));
	put("/work/f", "f");
	FAILS(EXDEV, rename("/work/f", "/mnt/ro/f"));
	FAILS(EROFS, link("/work/f", "/mnt/ro/f"));
	int d = (int)MUST(open("/mnt/ro", O_RDONLY | O_DIRECTORY));
	FAILS(EROFS, openat(d, "marker", O_WRONLY));
	FAILS(EROFS, openat(d, "new", O_CREAT | O_WRONLY, 0644));
	FAILS(EROFS, mkdirat(d, "new", 0755));
	FAILS(EROFS, unlinkat(d, "marker", 0));
	FAILS(EROFS, fchmod(d, 0700));
	FAILS(EROFS, futimens(d, times));
	MUST(chdir("/mnt/ro"));
	FAILS(EROFS, open("marker", O_WRONLY));
	FAILS(EROFS, open("new", O_CREAT | O_WRONLY, 0644));
	FAILS(EROFS, mkdir("new", 0755));
	FAILS(EROFS, unlink("marker"));
	FAILS(EROFS, rename("marker", "x"));
	refused_without_path(AT_FDCWD); refused_without_path(d); refused_without_path(open("/mnt/ro/marker", O_RDONLY));
	MUST(chdir("/mnt"));
	FAILS(EROFS, open("rofile", O_WRONLY));
	FAILS(EROFS, chmod("rofile", 0600));
	FAILS(EROFS, chmod("ro", 0700));
	int f = (int)MUST(open("/mnt/ro/marker", O_RDONLY));
	FAILS(EROFS, fchmod(f, 0600));
	FAILS(EROFS, fsetxattr(f, "user.x", "y", 1, 0));
	char text[64];
	snprintf(text, sizeof text, "/proc/self/fd/%d", f);
	FAILS(EROFS, open(text, O_WRONLY));
	FAILS(ENOENT, open("/mnt/ro/absent", O_RDONLY));
	FAILS(EROFS, unlink("/mnt/ro/absent"));
	return pass();
}
