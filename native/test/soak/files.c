/* Storms of names, owners, sockets and views of /proc, each in a directory of its own. */
#include "soak.h"

static void enter(char *place, size_t size, const char *name)
{
	static unsigned next;
	snprintf(place, size, "/work/%s.%d.%u", name, (int)getpid(), __atomic_add_fetch(&next, 1, __ATOMIC_RELAXED));
	MUST(mkdir(place, 0755));
}

/* Where links and directories lead changes all the time, and every look must see the last change. */
void storm_names(unsigned seed)
{
	char place[128], path[6][192], found[8];
	static const char *const name[] = { "a", "b", "way", "new", "way/file", "far/file" };
	enter(place, sizeof place, "names");
	for (int i = 0; i < 6; i++) snprintf(path[i], sizeof path[i], "%s/%s", place, name[i]);
	for (int i = 0; i < 2; i++) {
		MUST(mkdir(path[i], 0755));
		MUST(chdir(path[i]));
		put("file", name[i]);
		MUST(chdir("/work"));
	}
	char far[200];
	snprintf(far, sizeof far, "%s/far", place);
	MUST(symlink("way", far));
	MUST(symlink("a", path[2]));
	for (int i = 0; i < 300; i++) {
		const char *to = name[pick(&seed, 2)];
		MUST(symlink(to, path[3]));
		MUST(rename(path[3], path[2]));
		for (int k = 4; k < 6; k++) {
			int fd = (int)MUST(open(path[k], O_RDONLY | O_CLOEXEC));
			CHECK(read(fd, found, sizeof found) == 1 && found[0] == to[0]);
			close(fd);
		}
	}
	for (int i = 0; i < 100; i++) {	/* the same with a directory in the place of the link */
		MUST(unlink(path[2]));
		FAILS(ENOENT, open(path[5], O_RDONLY));
		MUST(rename(path[0], path[2]));
		int fd = (int)MUST(open(path[5], O_RDONLY | O_CLOEXEC));
		close(fd);
		MUST(rename(path[2], path[0]));
		MUST(symlink("b", path[2]));
	}
	char command[300];
	snprintf(command, sizeof command, "rm -rf %s", place);
	CHECK(!system(command));
}

void storm_sockets(unsigned seed)
{
	char place[64];
	enter(place, sizeof place, "sockets");
	for (unsigned i = 0; i < 60 + pick(&seed, 60); i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX }, told;
		socklen_t size = sizeof told;
		snprintf(address.sun_path, sizeof address.sun_path, "%s/s", place);
		int listener = (int)MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), client = (int)MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		MUST(bind(listener, (struct sockaddr *)&address, sizeof address));
		MUST(listen(listener, 4));
		MUST(connect(client, (struct sockaddr *)&address, sizeof address));
		int server = (int)MUST(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
		MUST(getsockname(server, (struct sockaddr *)&told, &size));
		SAME(address.sun_path, told.sun_path);
		char byte = 1, control[CMSG_SPACE(sizeof(int))] = { 0 };
		struct iovec data = { &byte, 1 };
		struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
		struct cmsghdr *part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(part), &listener, sizeof(int));
		MUST(sendmsg(client, &message, 0));
		message.msg_controllen = sizeof control;
		CHECK(recvmsg(server, &message, MSG_CMSG_CLOEXEC) == 1);
		int passed;
		memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
		close(passed);
		close(server);
		close(client);
		close(listener);
		MUST(unlink(address.sun_path));
	}
	MUST(rmdir(place));
}

void storm_proc(unsigned seed)
{
	for (unsigned i = 0; i < 20 + pick(&seed, 20); i++) {
		SAME(self, link_of("/proc/self/exe"));
		CHECK(strstr(get("/proc/self/maps"), self));
		CHECK(!strstr(get("/proc/self/maps"), "udocker"));
		CHECK(strstr(get("/proc/self/status"), "Uid:\t0\t0"));
		CHECK(strstr(get("/proc/self/mountinfo"), " / "));
		CHECK(exists("/proc/self/root/etc/passwd"));
		struct dirent *entry;
		DIR *all = opendir("/proc");	/* others come and go */
		CHECK(all);
		while ((entry = readdir(all))) {
			char path[300];
			snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
			char text[300];
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') readlink(path, text, sizeof text);
		}
		closedir(all);
	}
}

void storm_owners(unsigned seed)
{
	char place[128], path[200], moved[200];
	enter(place, sizeof place, "owners");
	snprintf(moved, sizeof moved, "%s/moved", place);
	for (int i = 0; i < 200; i++) {
		struct stat st;
		uid_t uid = 1 + pick(&seed, 60000);
		int device = i % 3 == 0;
		snprintf(path, sizeof path, "%s/f%d", place, i % 7);
		if (device) MUST(mknod(path, S_IFCHR | 0640, makedev(4, i % 60)));
		else put(path, "x");
		MUST(chown(path, uid, 5));
		if (!device) MUST(chmod(path, 04755));
		MUST(rename(path, moved));
		MUST(stat(moved, &st));
		CHECK(st.st_uid == uid && st.st_gid == 5);
		CHECK(device ? S_ISCHR(st.st_mode) && st.st_rdev == makedev(4, i % 60) : (st.st_mode & 07777) == 04755);
		MUST(unlink(moved));
		put(path, "y");	/* perhaps with the inode of the one just gone */
		MUST(stat(path, &st));
		CHECK(st.st_uid == 0 && S_ISREG(st.st_mode) && !(st.st_mode & S_ISUID));
		MUST(unlink(path));
		if (i % 20 == 0) IN_CHILD(0, {
			MUST(setresgid(uid, uid, uid));
			MUST(setresuid(uid, uid, uid));
			FAILS(EPERM, setuid(0));
			CHECK(geteuid() == uid);
		});
	}
	MUST(rmdir(place));
}
