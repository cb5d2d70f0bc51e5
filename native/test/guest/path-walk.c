/* `..` stops at the guest's root, absolute links and chains stay inside, loops, slashes and empty names give Linux's errors. */
#include "check.h"
static ino_t marker;
static void is_marker(const char *path)
{
	struct stat st;
	if (stat(path, &st)) fail("cannot stat %s", path);
	if (st.st_ino != marker) fail("%s is another file", path);
}
int main(void)
{
	struct stat st;
	char text[PATH_MAX];
	MUST(stat("/etc/marker", &st));
	marker = st.st_ino;
	is_marker("/../../../etc/marker");
	is_marker("../../../../etc/marker");
	is_marker("/work/../../etc/./marker");
	is_marker("//etc///marker");
	is_marker("/links/absolute"); is_marker("/links/relative"); is_marker("/links/dir/marker");
	is_marker("/links/dir/../etc/marker"); is_marker("/links/dir/../links/dir/marker");
	MUST(symlink("/", "slash")); is_marker("slash/etc/marker"); is_marker("slash/../work/slash/etc/marker");
	MUST(symlink("../../../../../..", "up")); is_marker("up/etc/marker");
	MUST(symlink("/../../../..", "upabs")); is_marker("upabs/etc/marker");
	MUST(symlink("/links/dir/", "trail")); is_marker("trail/marker");
	MUST(symlink("chain39", "chain40")); MUST(symlink("/etc/marker", "chain1"));
	for (int i = 39; i > 1; i--) { char a[16], b[16]; snprintf(a, 16, "chain%d", i - 1); snprintf(b, 16, "chain%d", i); MUST(symlink(a, b)); }
	is_marker("chain40");
	MUST(symlink("chain40", "chain41"));
	FAILS(ELOOP, stat("chain41", &st));
	FAILS(ELOOP, stat("/links/loop", &st)); FAILS(ELOOP, stat("/links/loop/x", &st));
	MUST(lstat("/links/loop", &st));
	FAILS(ENOENT, stat("", &st)); FAILS(ENOENT, lstat("/etc/absent/x", &st)); FAILS(ENOTDIR, stat("/etc/marker/", &st));
	FAILS(ENOTDIR, stat("/etc/marker/..", &st)); FAILS(ENOTDIR, stat("/etc/marker/.", &st)); FAILS(ENOTDIR, stat("/links/absolute/", &st));
	FAILS(ENOENT, stat("absent/..", &st)); FAILS(ENOENT, stat("absent/../../etc/marker", &st));
	MUST(lstat("/links/dir", &st)); CHECK(S_ISLNK(st.st_mode));
	MUST(lstat("/links/dir/", &st)); CHECK(S_ISDIR(st.st_mode));
	MUST(lstat("/links/dir/.", &st)); CHECK(S_ISDIR(st.st_mode));
	MUST(chdir("/..")); SAME("/", getcwd(text, sizeof text));
	MUST(chdir("../..")); SAME("/", getcwd(text, sizeof text)); is_marker("etc/marker");
	int d = (int)MUST(open("/", O_RDONLY | O_DIRECTORY));
	MUST(fstatat(d, "..", &st, 0)); ino_t up = st.st_ino; MUST(stat("/", &st)); CHECK(up == st.st_ino);
	MUST(fstatat(d, "../../etc/marker", &st, 0)); CHECK(st.st_ino == marker);
	int e = (int)MUST(openat(d, "..", O_RDONLY | O_DIRECTORY)); MUST(fchdir(e)); SAME("/", getcwd(text, sizeof text));
	MUST(chdir("/links/dir")); SAME("/etc", getcwd(text, sizeof text)); is_marker("marker"); is_marker("../etc/marker");
	FAILS(ENOTDIR, chdir("/etc/marker"));
	FAILS(ENOENT, chdir("/absent"));
	FAILS(ENOTDIR, fstatat((int)MUST(open("/etc/marker", O_RDONLY)), "x", &st, 0));
	FAILS(EBADF, fstatat(99, "x", &st, 0)); MUST(fstatat(99, "/etc/marker", &st, 0));
	SAME("/etc/marker", realpath("/links/../work/up/links/dir/marker", text));
	return pass();
}
