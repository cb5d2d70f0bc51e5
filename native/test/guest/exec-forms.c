/* Scripts (with argument, nested, by relative name), fexecve, execveat, a shebang that is missing; every error by its number. */
#include "check.h"
static void script(const char *path, const char *text) { put(path, text); MUST(chmod(path, 0755)); }
/* Runs PATH and compares what it prints. */
static void prints(const char *wanted, const char *path, char *const argv[], int fd, int flags)
{
	int pipes[2];
	extern char **environ;
	char text[4096];
	MUST(pipe(pipes));
	pid_t child = (pid_t)MUST(fork());
	if (!child) {
		dup2(pipes[1], 1);
		close(pipes[0]); close(pipes[1]);
		if (fd == -1) execve(path, argv, environ); else syscall(SYS_execveat, fd, path, argv, environ, flags);
		dprintf(1, "exec: %s", strerror(errno));
		_exit(1);
	}
	close(pipes[1]);
	ssize_t length = 0, n;
	while ((n = read(pipes[0], text + length, sizeof text - 1 - (size_t)length)) > 0) length += n;
	text[length] = 0;
	close(pipes[0]);
	reap(child);
	SAME(wanted, text);
}
int main(void)
{
	char *const argv[] = { "zero", "one", "", "two", NULL }, *const echo[] = { "sh", "-c", "echo $0 $#", "a", "b", NULL };
	script("show", "#!/bin/sh\nfor i in \"$0\" \"$@\"; do echo \"[$i]\"; done\n");
	prints("[/work/show]\n[one]\n[]\n[two]\n", "/work/show", argv, -1, 0);
	prints("[./show]\n[one]\n[]\n[two]\n", "./show", argv, -1, 0);
	prints("[show]\n[one]\n[]\n[two]\n", "show", argv, -1, 0);
	script("opt", "#! /bin/sh  -e x \nexit\n");
	prints("exec: No such file or directory" + 0, "/work/none", argv, -1, 0);
	script("withflag", "#!/bin/sh -eu\necho $-\n");
	script("env", "#!/usr/bin/env sh\necho \"$0 $1\"\n");
	prints("/work/env one\n", "/work/env", argv, -1, 0);
	script("outer", "#!/work/show extra arg\n");
	prints("[/work/show]\n[extra arg]\n[/work/outer]\n[one]\n[]\n[two]\n", "/work/outer", argv, -1, 0);
	MUST(symlink("/work/show", "link"));
	prints("[/work/link]\n[one]\n[]\n[two]\n", "/work/link", argv, -1, 0);
	MUST(symlink("/bin/sh", "ash"));	/* a name that busybox knows, too */
	script("vialink", "#!/work/ash\necho linked\n");
	prints("linked\n", "vialink", argv, -1, 0);
	prints("a 1\n", "/work/ash", echo, -1, 0);
	int d = (int)MUST(open("/work", O_RDONLY | O_DIRECTORY)), f = (int)MUST(open("/bin/sh", O_RDONLY | O_CLOEXEC)), s = (int)MUST(open("/work/show", O_RDONLY));
	prints("a 1\n", "ash", echo, d, 0);
	prints("a 1\n", "", echo, f, AT_EMPTY_PATH);
	prints("a 1\n", "../bin/sh", echo, d, 0);
	char want[100];
	snprintf(want, sizeof want, "[/dev/fd/%d]\n[one]\n[]\n[two]\n", s);
	prints(want, "", argv, s, AT_EMPTY_PATH);
	snprintf(want, sizeof want, "[/dev/fd/%d/show]\n[one]\n[]\n[two]\n", d);
	prints(want, "show", argv, d, 0);
	FAILS(ELOOP, syscall(SYS_execveat, d, "ash", echo, NULL, AT_SYMLINK_NOFOLLOW));
	/* errors, after which the caller still works */
	script("nothere", "#!/no/such/shell\n");
	script("loop", "#!/work/loop\n");
	script("text", "echo plain text\n");
	script("empty", "");
	put("noexec", "#!/bin/sh\n");
	for (int i = 0; i < 20; i++) {
		FAILS(ENOENT, execv("/work/none", argv));
		FAILS(ENOENT, execv("", argv));
		FAILS(ENOENT, execv("/work/nothere", argv));
		FAILS(ENOEXEC, execv("/work/text", argv));
		FAILS(ENOEXEC, execv("/work/empty", argv));
		FAILS(EACCES, execv("/work/noexec", argv));
		FAILS(EACCES, execv("/work", argv));
		FAILS(ENOTDIR, execv("/work/text/x", argv));
		FAILS(ELOOP, execv("/links/loop", argv));
		FAILS(ELOOP, execv("/work/loop", argv));
		FAILS(EBADF, syscall(SYS_execveat, 99, "x", argv, NULL, 0));
	}
	CHECK(exists("/etc/marker"));
	/* exec through the magic link keeps naming the file */
	prints("a 1\n", "/proc/self/fd/0", echo, -1, 0 * dup2(f, 0));
	return pass();
}
