/* Calls that programs make more rarely, and the old forms of others: with FUZZ_MORE about every third step is one of these. */
#include "fuzz.h"
#include <linux/fanotify.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { SETXATTRAT = 463, GETXATTRAT, LISTXATTRAT, REMOVEXATTRAT, FILE_GETATTR = 468, FILE_SETATTR };

static char path[PATH_ROOM], other[PATH_ROOM];

/* A flag that needs privileges which root has here and not in a container. */
static unsigned unless_root(unsigned flag)
{
	const char *who = getenv("FUZZ_STRANGERS");
	return who && !strcmp(who, "root") ? 0 : flag;
}

static unsigned pick(struct random *r, const unsigned *from, unsigned count) { return from[below(r, count)]; }
#define PICK(r, ...) ({ static const unsigned pick_from[] = { __VA_ARGS__ }; pick(r, pick_from, sizeof pick_from / sizeof *pick_from); })

static void say_at(int dirfd, const char *name)
{
	if (dirfd == AT_FDCWD) say("CWD,"); else say("%d,", dirfd);
	say_path(name);
}

static void say_fd(long fd)
{
	struct stat st;
	if (fd < 0) { say_result(fd); return; }
	say(" = fd");
	if (!fstat((int)fd, &st)) say_stat(&st);
	close((int)fd);
}

static int begin(struct random *r, const char *name)
{
	int dirfd = some_dirfd(r);
	some_path(r, path);
	say("%s(", name);
	say_at(dirfd, path);
	return dirfd;
}

static void do_handle(struct random *r)
{
	struct { unsigned bytes; int type; unsigned char handle[128]; } handle = { .bytes = PICK(r, 128, 128, 0, 4) };
	int mount_id;
	unsigned flags = PICK(r, 0, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_FOLLOW, 0x100);
	int dirfd = begin(r, "name_to_handle_at");
	say(",%u,%#x)", handle.bytes, flags);
	say_result(syscall(SYS_name_to_handle_at, dirfd, path, &handle, &mount_id, flags));
	say(" type %d", handle.type);
}

static void do_statx_mask(struct random *r)
{
	struct statx x = { 0 };
	unsigned mask = PICK(r, 0, STATX_TYPE, STATX_BASIC_STATS, STATX_BTIME | STATX_SIZE, 0x80000000u, 0x1fff, STATX_MODE), flags = PICK(r, 0, 0x100, 0x1000, 0x1100, 0x2000, 0x4000, 0x200);
	int dirfd = begin(r, "statx");
	say(",%#x,%#x)", flags, mask);
	long n = syscall(SYS_statx, dirfd, path, flags, mask, &x);
	say_result(n);
	if (!n) say(" %06o %u:%u n%u", x.stx_mode, x.stx_uid, x.stx_gid, x.stx_nlink);
}

static void do_attributes_at(struct random *r)
{
	struct { uint64_t value; uint32_t size, flags; } args;
	char value[300];
	static const char *const names[] = { "user.a", "user.b", "bad", "" };
	const char *name = names[below(r, 4)];
	unsigned kind = below(r, 4), flags = PICK(r, 0, 0x100, 0x1000, 0x1100, 0x200), replace = below(r, 4), size = PICK(r, 300, 300, 0, 1);
	static const char *const calls[] = { "setxattrat", "getxattrat", "listxattrat", "removexattrat" };
	int dirfd = begin(r, calls[kind]);
	args.value = (uint64_t)value, args.size = kind ? size : 5, args.flags = kind ? 0 : replace;
	memcpy(value, "value", 5);
	say(",%#x,%s,%u,%u)", flags, name, args.size, args.flags);
	long n = kind == 0 ? syscall(SETXATTRAT, dirfd, path, flags, name, &args, sizeof args)
		: kind == 1 ? syscall(GETXATTRAT, dirfd, path, flags, name, &args, sizeof args)
		: kind == 2 ? syscall(LISTXATTRAT, dirfd, path, flags, value, size) : syscall(REMOVEXATTRAT, dirfd, path, flags, name);
	say_result(n);
}

static void do_attributes_small(struct random *r)
{
	char value[300];
	unsigned size = PICK(r, 0, 1, 3, 300), kind = below(r, 4);
	some_path(r, path);
	say("attributes %u(", kind);
	say_path(path);
	say(",%u)", size);
	say_result(kind == 0 ? syscall(SYS_listxattr, path, value, size) : kind == 1 ? syscall(SYS_llistxattr, path, value, size)
		: kind == 2 ? syscall(SYS_getxattr, path, "user.a", value, size) : syscall(SYS_lgetxattr, path, "", value, size));
}

static void do_file_attributes(struct random *r)
{
	uint64_t attributes[4] = { 0 };
	unsigned flags = PICK(r, 0, 0x100, 0x1000, 0x200), sets = percent(r, 40), size = PICK(r, 24, 24, 32, 8);
	int dirfd = begin(r, sets ? "file_setattr" : "file_getattr");
	if (sets && getenv("FUZZ_STRANGERS")) { say(" skipped"); return; }
	say(",%u,%#x)", size, flags);
	say_result(syscall(sets ? FILE_SETATTR : FILE_GETATTR, dirfd, path, attributes, (unsigned long)size, flags));
}

static void do_watch(struct random *r)
{
	unsigned mask = PICK(r, IN_ALL_EVENTS, IN_CREATE, 0, IN_MODIFY | IN_ONLYDIR, IN_OPEN | IN_DONT_FOLLOW, IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW, IN_ACCESS | IN_MASK_CREATE, IN_ACCESS | IN_EXCL_UNLINK);
	int fd = inotify_init1(IN_CLOEXEC);
	some_path(r, path);
	if (!strncmp(path, "/proc/", 6)) mask &= ~(unless_root(IN_DONT_FOLLOW) ^ (unsigned)IN_DONT_FOLLOW);	/* a link there is watched by whom it is readable to */
	say("inotify_add_watch(");
	say_path(path);
	say(",%#x)", mask);
	say_result(inotify_add_watch(fd, path, mask));
	close(fd);
}

static void do_fanotify(struct random *r)
{
	unsigned flags = PICK(r, FAN_MARK_ADD, FAN_MARK_ADD, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_MARK_ADD | FAN_MARK_DONT_FOLLOW, FAN_MARK_REMOVE, FAN_MARK_ADD | FAN_MARK_MOUNT, 0) & ~(FAN_MARK_MOUNT ^ unless_root(FAN_MARK_MOUNT));
	int dirfd = some_dirfd(r), fd = (int)syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | 0x200 /* FAN_REPORT_FID */ | FAN_CLOEXEC, O_RDONLY);
	some_path(r, path);
	say("fanotify_mark(");
	say_at(dirfd, path);
	say(",%#x)", flags);
	if (fd < 0) { say_result(fd); return; }
	say_result(syscall(SYS_fanotify_mark, fd, flags, (uint64_t)FAN_MODIFY, dirfd, path));
	close(fd);
}

static void do_open_tree(struct random *r)
{
	unsigned flags = PICK(r, 0, 0, 0x100, 0x1000, 0x80000 /* CLOEXEC */, 0x8000, 1 /* CLONE */, 0x800) & ~(1 ^ unless_root(1));
	int dirfd = begin(r, "open_tree");
	say(",%#x)", flags);
	say_fd(syscall(SYS_open_tree, dirfd, path, flags));
}

static void do_refused(struct random *r)
{
	unsigned kind = below(r, 6), flags = PICK(r, 0, 1, 0x40000000);
	static const char *const names[] = { "quotactl", "chroot", "swapoff", "acct", "umount2", "pivot_root" };
	some_path(r, path);
	if (kind == 0 && getenv("FUZZ_STRANGERS")) kind = 1;
	say("%s(", names[kind]);
	say_path(path);
	say(",%#x)", flags);
	if (getenv("FUZZ_STRANGERS") && !strcmp(getenv("FUZZ_STRANGERS"), "root")) { say(" skipped"); return; }
	say_result(kind == 0 ? syscall(SYS_quotactl, QCMD(Q_GETQUOTA, USRQUOTA), path, getuid(), other)
		: kind == 1 ? syscall(SYS_chroot, path) : kind == 2 ? syscall(SYS_swapoff, path)
		: kind == 3 ? syscall(SYS_acct, path) : kind == 4 ? syscall(SYS_umount2, path, 0) : syscall(SYS_pivot_root, path, path));
}

static void do_send(struct random *r)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct iovec part = { "x", 1 };
	struct msghdr message = { .msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &part, .msg_iovlen = 1 };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), kind = (int)below(r, 3), length = (int)PICK(r, sizeof a, sizeof a, 30, 2);
	do some_path(r, path); while (strlen(path) > 107);
	strcpy(a.sun_path, path);
	message.msg_namelen = (socklen_t)length;
	say(kind == 0 ? "sendto(" : kind == 1 ? "sendmsg(" : "bind(");
	say_path(path);
	say(",%d)", length);
	if (kind == 2 && length == 2) say(" skipped");	/* a name of the kernel's choice */
	else say_result(kind == 0 ? sendto(s, "x", 1, 0, (void *)&a, (socklen_t)length) : kind == 1 ? sendmsg(s, &message, 0) : bind(s, (void *)&a, (socklen_t)length));
	close(s);
}

static void do_times(struct random *r)
{
	static const long kinds[] = { UTIME_NOW, UTIME_OMIT, 1000000000, 5, -1 };
	struct timespec when[2] = { { 500, kinds[below(r, 5)] }, { 600, kinds[below(r, 5)] } };
	struct timeval micro[2] = { { 700, 1 }, { 800, (long)PICK(r, 2, 2000000) } };
	unsigned kind = below(r, 4), flags = PICK(r, 0, 0x100, 0x1000, 0x200);
	int dirfd = begin(r, "times");
	say(",%u,%ld,%ld,%ld,%#x)", kind, when[0].tv_nsec, when[1].tv_nsec, (long)micro[1].tv_usec, flags);
#ifdef SYS_utimes
	if (kind == 0) { say_result(syscall(SYS_utimes, path, percent(r, 70) ? micro : NULL)); return; }
	if (kind == 1) { say_result(syscall(SYS_futimesat, dirfd, path, micro)); return; }
#endif
	say_result(syscall(SYS_utimensat, dirfd, path, when, flags));
}

static void do_open_how(struct random *r)
{
	struct { uint64_t flags, mode, resolve, more; } how = { PICK(r, 0, O_RDWR, O_PATH, O_CREAT | O_WRONLY, O_DIRECTORY), 0, 0, 0 };
	unsigned size = PICK(r, 24, 24, 32, 16, 8), odd = below(r, 6);
	if (odd == 0) how.mode = 0644;
	if (odd == 1) how.resolve = 0x80;
	if (odd == 2) how.flags |= 1ull << 40;
	if (odd == 3) how.more = 1;
	how.flags |= O_NONBLOCK;
	int dirfd = begin(r, "openat2");
	say(",%#llx,%llo,%#llx,%u)", (long long)how.flags, (long long)how.mode, (long long)how.resolve, size);
	say_fd(syscall(SYS_openat2, dirfd, path, &how, (unsigned long)size));
}

#ifdef SYS_open
static void do_old(struct random *r)
{
	unsigned kind = below(r, 15), mode = PICK(r, 0755, 0644, 0, 0111);
	char text[300];
	static const char *const names[] = { "chmod", "chown", "lchown", "creat", "mkdir", "mknod", "rename", "renameat", "link", "symlink", "readlink", "access", "rmdir", "unlink", "execve" };
	int dirfd = some_dirfd(r);
	long n = 0;
	some_path(r, path);
	some_path(r, other);
	say("%s(", names[kind]);
	say_path(path);
	say(",");
	say_path(other);
	say(",%o)", mode);
	switch (kind) {
	case 0: n = syscall(SYS_chmod, path, mode); break;
	case 1: n = syscall(SYS_chown, path, -1, getgid()); break;
	case 2: n = syscall(SYS_lchown, path, getuid(), -1); break;
	case 3: say_fd(syscall(SYS_creat, path, mode)); return;
	case 4: n = syscall(SYS_mkdir, path, mode); break;
	case 5: n = syscall(SYS_mknod, path, S_IFIFO | mode, 0); break;
	case 6: n = syscall(SYS_rename, path, other); break;
	case 7: n = syscall(SYS_renameat, dirfd, path, AT_FDCWD, other); break;
	case 8: n = syscall(SYS_link, path, other); break;
	case 9: n = syscall(SYS_symlink, path, other); break;
	case 10: n = syscall(SYS_readlink, path, text, 1); break;
	case 11: n = syscall(SYS_access, path, mode & 7); break;
	case 12: n = syscall(SYS_rmdir, path); break;
	case 13: n = syscall(SYS_unlink, path); break;
	default: n = syscall(SYS_execve, path, (char *[]){ "x", NULL }, (char *[]){ NULL });
	}
	say_result(n);
}
#else
#define do_old do_times
#endif

void more(struct random *r)
{
	static void (*const kinds[])(struct random *) = { do_handle, do_statx_mask, do_attributes_at, do_attributes_small, do_file_attributes, do_watch, do_fanotify,
		do_open_tree, do_refused, do_send, do_times, do_open_how, do_old, do_old, do_old };
	kinds[below(r, sizeof kinds / sizeof *kinds)](r);
}
