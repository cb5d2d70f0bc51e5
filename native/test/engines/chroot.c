/*
 * The reference every test of the native engine is compared with: a real chroot with real bind
 * mounts in a private mount namespace. Speaks the same plan as the engine, so that a driver can
 * put either of them in front of the same words. Must be started as root; drops to the plan's user.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bind { const char *host, *guest; int readonly; };

static struct bind binds[64];
static int bind_count;
static gid_t groups[64];
static int group_count;

static _Noreturn void die(const char *what, const char *which)
{
	fprintf(stderr, "chroot: %s %s: %s\n", what, which, strerror(errno));
	exit(125);
}

static int open_in_root(int root, const char *guest, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	return (int)syscall(SYS_openat2, root, guest, &how, sizeof how);
}

/* Makes GUEST (and its parents) inside ROOT, as a directory or an empty file; the engine does the same. */
static void make_mount_point(int root, const char *guest, int directory, uid_t uid, gid_t gid)
{
	char path[4096];
	snprintf(path, sizeof path, "%s", guest);
	for (char *at = path + 1;; at++) {
		if (*at != '/' && *at) continue;
		char end = *at;
		*at = 0;
		int fd = open_in_root(root, path, O_PATH);
		if (fd < 0) {
			char parent[4096];
			snprintf(parent, sizeof parent, "%s", path);
			char *slash = strrchr(parent, '/');
			const char *name = path + (slash - parent) + 1;
			slash[slash == parent] = 0;
			int dir = open_in_root(root, parent, O_PATH | O_DIRECTORY);
			if (dir < 0) die("open", parent);
			if (end || directory) {
				if (mkdirat(dir, name, 0755)) die("mkdir", path);
			} else {
				int file = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
				if (file < 0) die("create", path);
				close(file);
			}
			if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW)) die("chown", path);
			close(dir);
		} else {
			close(fd);
		}
		*at = end;
		if (!end) return;
	}
}

static void mount_bind(int root, const struct bind *bind, uid_t uid, gid_t gid)
{
	struct stat st;
	char link[64];
	if (stat(bind->host, &st)) die("stat", bind->host);
	make_mount_point(root, bind->guest, S_ISDIR(st.st_mode), uid, gid);
	int point = open_in_root(root, bind->guest, O_PATH);
	if (point < 0) die("open", bind->guest);
	snprintf(link, sizeof link, "/proc/self/fd/%d", point);
	if (mount(bind->host, link, NULL, MS_BIND | MS_REC, NULL)) die("bind", bind->host);
	close(point);
	if (!bind->readonly) return;
	point = open_in_root(root, bind->guest, O_PATH);
	snprintf(link, sizeof link, "/proc/self/fd/%d", point);
	if (mount(NULL, link, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) die("remount", bind->guest);
	close(point);
}

static void parse_groups(char *list)
{
	for (char *word = strtok(list, ","); word && group_count < 64; word = strtok(NULL, ","))
		groups[group_count++] = (gid_t)atoi(word);
}

int main(int argc, char **argv)
{
	const char *root = NULL, *exec = NULL, *cwd = "/", *hostname = NULL;
	uid_t uid = 0;
	gid_t gid = 0;
	int at = 2;
	if (argc < 3 || strcmp(argv[1], "plan1")) die("usage:", "plan1 WORD... -- ARGV0 [ARG...]");
	for (; at < argc && strcmp(argv[at], "--"); at++) {
		const char *word = argv[at];
		if (!strcmp(word, "root")) root = argv[++at];
		else if (!strcmp(word, "exec")) exec = argv[++at];
		else if (!strcmp(word, "cwd")) cwd = argv[++at];
		else if (!strcmp(word, "hostname")) hostname = argv[++at];
		else if (!strcmp(word, "bind")) {
			binds[bind_count++] = (struct bind){ argv[at + 1], argv[at + 2], !strcmp(argv[at + 3], "ro") };
			at += 3;
		} else if (!strcmp(word, "user")) {
			uid = (uid_t)atoi(argv[at + 1]);
			gid = (gid_t)atoi(argv[at + 2]);
			parse_groups(argv[at + 3]);
			at += 3;
		} else if (!strcmp(word, "port")) at += 3;
		else at++;	/* owners, state, kernel, mode, debug, on-exit, root-emulation: nothing to do here */
	}
	if (!root || !exec || at + 1 >= argc) die("plan lacks", "root, exec or the program's argv");
	umask(022);
	if (unshare(CLONE_NEWNS | (hostname ? CLONE_NEWUTS : 0))) die("unshare", "");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) die("private", "/");
	if (hostname && sethostname(hostname, strlen(hostname))) die("hostname", hostname);
	int rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0) die("open", root);
	for (int i = 0; i < bind_count; i++) mount_bind(rootfd, &binds[i], uid, gid);
	if (fchdir(rootfd) || chroot(".") || chdir(cwd)) die("enter", root);
	if (setgroups((size_t)group_count, groups) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) die("ids", "");
	execv(exec, argv + at + 1);
	fprintf(stderr, "chroot: cannot start %s: %s\n", exec, strerror(errno));
	return errno == ENOENT || errno == ENOTDIR ? 127 : 126;
}
