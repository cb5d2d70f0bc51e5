/* The calls: each picks its arguments at random, runs once, and logs arguments, result and what it wrote. */
#include "fuzz.h"
#include <dirent.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/un.h>

static char path[PATH_ROOM], other[PATH_ROOM];

/* A directory descriptor in the log: slots by number, so that logs agree. */
static void say_at(int dirfd, const char *name)
{
	if (dirfd == AT_FDCWD) say("CWD,"); else say("%d,", dirfd);
	say_path(name);
}

static unsigned pick(struct random *r, const unsigned *from, unsigned count) { return from[below(r, count)]; }
#define PICK(r, ...) ({ static const unsigned pick_from[] = { __VA_ARGS__ }; pick(r, pick_from, sizeof pick_from / sizeof *pick_from); })

static unsigned open_flags(struct random *r)
{
	unsigned flags = PICK(r, O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR);
	if (percent(r, 35)) flags |= O_CREAT;
	if (percent(r, 12)) flags |= O_EXCL;
	if (percent(r, 18)) flags |= O_NOFOLLOW;
	if (percent(r, 22)) flags |= O_DIRECTORY;
	if (percent(r, 12)) flags |= O_PATH;
	if (percent(r, 10)) flags |= O_TRUNC;
	if (percent(r, 4)) flags = (flags & 3) | O_TMPFILE;
	if (percent(r, 8)) flags |= O_APPEND;
	return flags | O_NONBLOCK;
}

static void keep(long fd, int slot)
{
	if (fd < 0) return;
	if (fd != slot) { dup2((int)fd, slot); close((int)fd); }
	struct stat st;
	if (!fstat(slot, &st)) say_stat(&st);
}

static void say_open(long fd) { if (fd < 0) say_result(fd); else say(" = fd"); }

/* Are the calls emulated root's own? */
static int by_root(void)
{
	const char *who = getenv("FUZZ_STRANGERS");
	return who && !strcmp(who, "root");
}

/* That set-id bits go when another than root writes is not seen. */
static unsigned mode_bits(void) { return getenv("FUZZ_STRANGERS") ? 01777 : 07777; }

static void do_open(struct random *r, int number)
{
	(void)number;
	unsigned flags = open_flags(r), mode = PICK(r, 0644, 0600, 0755, 0, 04711) & mode_bits();
	int dirfd = some_dirfd(r), slot = some_slot(r), old = percent(r, 30);
	some_path(r, path);
	if (old) { say("open("); say_path(path); } else { say("openat("); say_at(dirfd, path); }
	say(",%#x,%o)->%d", flags, mode, slot);
#ifdef SYS_open
	long fd = old ? syscall(SYS_open, path, flags, mode) : syscall(SYS_openat, dirfd, path, flags, mode);
#else
	long fd = syscall(SYS_openat, old ? AT_FDCWD : dirfd, path, flags, mode);
#endif
	say_open(fd);
	keep(fd, slot);
}

static void do_openat2(struct random *r, int number)
{
	(void)number;
	struct open_how how = { .flags = open_flags(r), .resolve = 0 };
	int dirfd = some_dirfd(r), slot = some_slot(r);
	static const unsigned resolve[] = { RESOLVE_IN_ROOT, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV };
	if (percent(r, 70)) how.resolve |= resolve[below(r, 5)];
	if (percent(r, 20)) how.resolve |= resolve[below(r, 5)];
	if (how.flags & O_CREAT || (how.flags & O_TMPFILE) == O_TMPFILE) how.mode = 0640;
	some_path(r, path);
	say("openat2(");
	say_at(dirfd, path);
	say(",%#llx,%#llx)->%d", (long long)how.flags, (long long)how.resolve, slot);
	long fd = -1;
	/* the kernel gives up where somebody on the host renames or mounts meanwhile */
	for (int i = 0; i < 100 && (!i || (fd < 0 && errno == EAGAIN)); i++) fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
	say_open(fd);
	keep(fd, slot);
}

static void do_stat(struct random *r, int number)
{
	(void)number;
	struct stat st;
	int dirfd = some_dirfd(r), kind = (int)below(r, 4);
	unsigned flags = PICK(r, 0, 0, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, 0x40000);
	long result;
	some_path(r, path);
#ifdef SYS_stat
	if (kind == 0) { say("stat("); say_path(path); say(")"); result = syscall(SYS_stat, path, &st); } else if (kind == 1) { say("lstat("); say_path(path); say(")"); result = syscall(SYS_lstat, path, &st); } else
#endif
	{ (void)kind; say("newfstatat("); say_at(dirfd, path); say(",%#x)", flags); result = syscall(SYS_newfstatat, dirfd, path, &st, flags); }
	say_result(result);
	if (!result) say_stat(&st);
}

static void do_statx(struct random *r, int number)
{
	(void)number;
	struct { uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; uint16_t mode, pad; uint64_t ino, size; char more[300]; } x;
	int dirfd = some_dirfd(r);
	unsigned flags = PICK(r, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, 0x2000, 0x6000);
	some_path(r, path);
	say("statx(");
	say_at(dirfd, path);
	say(",%#x)", flags);
	long result = syscall(SYS_statx, dirfd, path, flags, 0x7ff, &x);
	say_result(result);
	if (!result) say(" {%06o n%u %u:%u}", x.mode, x.nlink, x.uid, x.gid);
}

static void do_access(struct random *r, int number)
{
	(void)number;
	int dirfd = some_dirfd(r), kind = (int)below(r, 3);
	unsigned mode = PICK(r, F_OK, R_OK, W_OK, X_OK, R_OK | W_OK | X_OK, 9), flags = PICK(r, 0, AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH);
	some_path(r, path);
	long result;
	if (kind == 0) { say("faccessat2("); say_at(dirfd, path); say(",%u,%#x)", mode, flags); result = syscall(439, dirfd, path, mode, flags); }
	else if (kind == 1) { say("faccessat("); say_at(dirfd, path); say(",%u)", mode); result = syscall(SYS_faccessat, dirfd, path, mode); }
	else { say("access("); say_path(path); say(",%u)", mode); result = access(path, (int)mode); }
	say_result(result);
}

/* Calls of the shape call(dirfd, path, a, b). */
static void at_call(struct random *r, const char *name, long number, unsigned long a, unsigned long b)
{
	int dirfd = some_dirfd(r);
	some_path(r, path);
	say("%s(", name);
	say_at(dirfd, path);
	say(",%#lx,%#lx)", a, b);
	say_result(syscall(number, dirfd, path, a, b));
}

static void do_make(struct random *r, int number)
{
	(void)number;
	static const unsigned kinds[] = { S_IFIFO, S_IFIFO, S_IFREG, S_IFSOCK, S_IFCHR, 0, S_IFDIR };
	if (percent(r, 65)) at_call(r, "mkdirat", SYS_mkdirat, PICK(r, 0755, 0700, 0, 01777, 0500), 0);
	else at_call(r, "mknodat", SYS_mknodat, kinds[below(r, 7)] | 0640, 0);
}

static void do_remove(struct random *r, int number)
{
	(void)number;
#ifdef SYS_unlink
	if (percent(r, 30)) {
		int directory = percent(r, 50);
		some_path(r, path);
		say(directory ? "rmdir(" : "unlink(");
		say_path(path);
		say(")");
		say_result(syscall(directory ? SYS_rmdir : SYS_unlink, path));
		return;
	}
#endif
	at_call(r, "unlinkat", SYS_unlinkat, PICK(r, 0, 0, 0, AT_REMOVEDIR, AT_REMOVEDIR, 0x1000), 0);
}

static void do_rename(struct random *r, int number)
{
	(void)number;
	int from = some_dirfd(r), to = some_dirfd(r);
	unsigned flags = PICK(r, 0, 0, 0, 1, 2, 2, 3, 8);	/* 3 and 8 are refused; 4, the whiteout, depends on the file system */
	some_path(r, path);
	some_path(r, other);
	/* what holds a mount point, wherever it is by now: the mount moves along */
	if (percent(r, 6) && !getenv("FUZZ_STRANGERS")) {
		static const char *const targets[] = { "/f/d", "/f/a/d", "/f/a/b/e", "/f/b/absent", "/f/absent", "/f/a" };
		holder_of_mount(path);
		if (percent(r, 70)) strcpy(other, targets[below(r, 6)]), flags &= 2;
	}
	say("renameat2(");
	say_at(from, path);
	say(",");
	say_at(to, other);
	say(",%u)", flags);
	say_result(syscall(SYS_renameat2, from, path, to, other, flags));
}

static void do_link(struct random *r, int number)
{
	(void)number;
	int from = some_dirfd(r), to = some_dirfd(r);
	unsigned flags = PICK(r, 0, 0, AT_SYMLINK_FOLLOW, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, 0x200);
	if (getenv("FUZZ_STRANGERS")) flags &= ~(unsigned)AT_EMPTY_PATH;	/* who opened a descriptor counts then */
	some_path(r, path);
	some_path(r, other);
	say("linkat(");
	say_at(from, path);
	say(",");
	say_at(to, other);
	say(",%#x)", flags);
	say_result(syscall(SYS_linkat, from, path, to, other, flags));
}

static void do_symlink(struct random *r, int number)
{
	(void)number;
	int to = some_dirfd(r);
	some_path(r, other);
	if (percent(r, 40)) snprintf(path, sizeof path, "%.1000s%sl%u", percent(r, 50) ? "/f/" : "", percent(r, 30) ? "a/" : "", below(r, 6));
	else some_path(r, path);
	say("symlinkat(");
	say_path(other);
	say(",");
	say_at(to, path);
	say(")");
	say_result(syscall(SYS_symlinkat, other, to, path));
}

static void do_readlink(struct random *r, int number)
{
	(void)number;
	char text[PATH_ROOM];
	int dirfd = some_dirfd(r);
	unsigned size = PICK(r, 4096, 4096, 4096, 1, 5, 0);
	some_path(r, path);
	if (percent(r, 25)) {
		static const char *const magic[] = { "/proc/self/cwd", "/proc/self/exe", "/proc/self/root", "/proc/thread-self/cwd", "/proc/self/../self/cwd" };
		unsigned n = below(r, 9);
		if (n < 5) strcpy(path, magic[n]); else snprintf(path, sizeof path, "/proc/self/fd/%d", some_slot(r));
	}
	say("readlinkat(");
	say_at(dirfd, path);
	say(",%u)", size);
	long n = syscall(SYS_readlinkat, dirfd, path, text, size);
	/* an unnamed file is told by its inode number, and a link of /proc by a process, which two runs do not share */
	if (n > 0 && (text[n] = 0, strstr(text, "/#"))) { say(" = unnamed file"); return; }
	if (n > 0 && !strncmp(text, "/proc/", 6) && text[6] >= '0' && text[6] <= '9') { say(" = in /proc"); return; }
	say_result(n);
	if (n > 0) { say(" "); say_path(text); }
}

static void do_modes(struct random *r, int number)
{
	(void)number;
	unsigned mode = PICK(r, 0755, 0700, 0644, 0, 0500, 0111, 06755) & mode_bits();
	int slot = some_slot(r);
	switch (below(r, 4)) {
	case 0: at_call(r, "fchmodat", SYS_fchmodat, mode, 0); break;
	case 1: at_call(r, "fchmodat2", 452, mode, PICK(r, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH)); break;
	case 2: say("fchmod(%d,%o)", slot, mode); say_result(fchmod(slot, mode)); break;
	default: {
		int dirfd = some_dirfd(r);
		unsigned flags = PICK(r, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH), self = below(r, 3);
		some_path(r, path);
		say("fchownat(");
		say_at(dirfd, path);
		say(",%u,%#x)", self, flags);
			say_result(syscall(SYS_fchownat, dirfd, path, self ? -1 : (int)getuid(), self == 2 ? 0 : -1, flags));
	}
	}
}

static void do_times(struct random *r, int number)
{
	(void)number;
	struct timespec when[2] = { { 100 + below(r, 99), 0 }, { 1000 + below(r, 999), 0 } };
	int dirfd = some_dirfd(r), none = percent(r, 8);
	unsigned flags = PICK(r, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH);
	some_path(r, path);
	say("utimensat(");
	say_at(dirfd, none ? "(null)" : path);
	say(",%ld,%#x)", (long)when[1].tv_sec, flags);
	say_result(syscall(SYS_utimensat, dirfd, none ? NULL : path, when, flags));
}

static void do_truncate(struct random *r, int number)
{
	(void)number;
	long size = PICK(r, 0, 3, 7, 100);
	some_path(r, path);
	say("truncate(");
	say_path(path);
	say(",%ld)", size);
	say_result(syscall(SYS_truncate, path, size));
}

static void do_cwd(struct random *r, int number)
{
	(void)number;
	char text[PATH_ROOM];
	unsigned kind = below(r, 10), size = PICK(r, 4096, 4096, 3, 0);
	int slot = some_slot(r);
	if (kind < 5) { some_path(r, path); if (percent(r, 25)) strcpy(path, "/f"); say("chdir("); say_path(path); say(")"); say_result(syscall(SYS_chdir, path)); }
	else if (kind < 7) { say("fchdir(%d)", slot); say_result(syscall(SYS_fchdir, slot)); }
	else { say("getcwd(%u)", size); long n = syscall(SYS_getcwd, text, size); say_result(n); if (n > 0) { say(" "); say_path(text); } }
}

/* The current directory made and removed under the process. */
static void do_lost_cwd(struct random *r, int number)
{
	(void)number;
	if (by_root()) { say("skipped"); return; }	/* modes in the way of ".." from there are not widened */
	const char *dir = percent(r, 50) ? "/f/lost" : "/f/rw/in/lost";
	say("lose %s", dir);
	long a = mkdir(dir, 0755), b = chdir(dir), c = rmdir(dir);
	say(" %ld%ld%ld", a, b, c);
}

static void do_attributes(struct random *r, int number)
{
	(void)number;
	static const char *const names[] = { "user.a", "user.b", "trusted.x", "bad" };
	char value[300];
	const char *name = names[below(r, 4)];
	int link = percent(r, 30), kind = (int)below(r, 4);
	some_path(r, path);
	if (by_root() && !strcmp(name, "trusted.x")) name = names[1];	/* links, devices and pipes have none here */
	static const char *const calls[] = { "setxattr", "getxattr", "listxattr", "removexattr" };
	say("%s%s(", link ? "l" : "", calls[kind]);
	say_path(path);
	say(",%s)", name);
	long n;
	if (kind == 0) n = syscall(link ? SYS_lsetxattr : SYS_setxattr, path, name, "value", below(r, 6), below(r, 3));
	else if (kind == 1) n = syscall(link ? SYS_lgetxattr : SYS_getxattr, path, name, value, sizeof value);
	else if (kind == 2) n = syscall(link ? SYS_llistxattr : SYS_listxattr, path, value, sizeof value);
	else n = syscall(link ? SYS_lremovexattr : SYS_removexattr, path, name);
	say_result(n);
	if (n > 0 && kind == 1) say(" %.*s", (int)n, value);
}

static void do_socket(struct random *r, int number)
{
	(void)number;
	struct sockaddr_un a = { .sun_family = AF_UNIX }, got;
	socklen_t length = sizeof got;
	int s = socket(AF_UNIX, SOCK_STREAM, 0), binding = percent(r, 60);
	do some_path(r, path); while (strlen(path) > 107);
	strcpy(a.sun_path, path);
	say(binding ? "bind(" : "connect(");
	say_path(path);
	say(")");
	long n = binding ? bind(s, (void *)&a, sizeof a) : connect(s, (void *)&a, sizeof a);
	say_result(n);
	if (!n && binding) {
		memset(&got, 0, sizeof got);
		getsockname(s, (void *)&got, &length);
		say(" %u ", length);
		say_path(got.sun_path);
		listen(s, 1);
		/* reached again by the same name */
		int c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		say(" again");
		say_result(connect(c, (void *)&a, sizeof a));
		close(c);
	}
	close(s);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* Lists a slot: names sorted, with their types. */
static void do_list(struct random *r, int number)
{
	(void)number;
	static char names[600][264];
	char room[32768];
	int slot = some_slot(r), count = 0;
	say("getdents64(%d)", slot);
	lseek(slot, 0, SEEK_SET);
	long n;
	while ((n = syscall(SYS_getdents64, slot, room, sizeof room)) > 0)
		for (long at = 0; at < n && count < 600;) {
			struct { uint64_t ino; int64_t off; unsigned short reclen; unsigned char type; char name[]; } *e = (void *)(room + at);
			snprintf(names[count++], 264, "%.250s:%d", e->name, e->type);
			at += e->reclen;
		}
	say_result(n);
	qsort(names, (size_t)count, 264, by_name);
	for (int i = 0; i < count; i++) say(" %s", names[i]);
}

static void do_slot(struct random *r, int number)
{
	char text[64];
	struct stat st;
	int slot = some_slot(r);
	unsigned kind = below(r, 5);
	long n;
	if (kind == 0) { snprintf(text, sizeof text, "step %d", number); say("write(%d)", slot); say_result(write(slot, text, strlen(text))); }
	else if (kind == 1) { say("pread(%d)", slot); n = pread(slot, text, 40, 0); say_result(n); if (n > 0) say(" %.*s", (int)n, text); }
	else if (kind == 2) { say("close(%d)", slot); say_result(close(slot)); }
	else if (kind == 3) { int to = some_slot(r); say("dup2(%d,%d)", slot, to); n = dup2(slot, to); say_result(n < 0 ? n : 0); }
	else { say("fstat(%d)", slot); n = fstat(slot, &st); say_result(n); if (!n) say_stat(&st); }
}

static void do_exec(struct random *r, int number)
{
	(void)number;
	char *const argv[] = { "x", NULL };
	int dirfd = some_dirfd(r);
	unsigned flags = PICK(r, 0, 0, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW);
	some_path(r, path);
	say("execveat(");
	say_at(dirfd, path);
	say(",%#x)", flags);
	long n = syscall(SYS_execveat, dirfd, path, argv, argv + 1, flags);
	say_result(n);
}

static void do_statfs(struct random *r, int number)
{
	(void)number;
	struct statfs fs;
	some_path(r, path);
	say("statfs(");
	say_path(path);
	say(")");
	long n = syscall(SYS_statfs, path, &fs);
	say_result(n);
	if (!n) say(" %lx", (long)fs.f_type);
}

static const struct { unsigned weight; const char *name; void (*call)(struct random *, int); } kinds[] = {
#define KIND(weight, name) { weight, #name, do_##name }
	KIND(170, open), KIND(50, openat2), KIND(110, stat), KIND(30, statx), KIND(30, access), KIND(60, make), KIND(60, remove), KIND(70, rename),
	KIND(40, link), KIND(50, symlink), KIND(60, readlink), KIND(35, modes), KIND(20, times), KIND(20, truncate), KIND(60, cwd), KIND(5, lost_cwd),
	KIND(25, attributes), KIND(20, socket), KIND(30, list), KIND(35, slot), KIND(10, exec), KIND(10, statfs),
};

/* FUZZ_SKIP names kinds of calls to leave out, so that one known difference does not hide the next. */
static int skipped(const char *name)
{
	const char *list = getenv("FUZZ_SKIP"), *at = list ? strstr(list, name) : NULL;
	size_t length = strlen(name);
	return at && (at == list || at[-1] == ',') && (!at[length] || at[length] == ',');
}

void step(struct random *r, int number)
{
	if (getenv("FUZZ_MORE") && percent(r, 35)) { more(r); return; }
	unsigned n = below(r, 1000);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; n -= kinds[i++].weight) {
		if (n >= kinds[i].weight) continue;
		if (!skipped(kinds[i].name)) kinds[i].call(r, number); else say("skipped");
		return;
	}
}
