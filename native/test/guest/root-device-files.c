/* Emulated root: device nodes that programs need can be used where they were made; copying tools give them their mode. */
// identity: root
// native: no
#include "check.h"
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
int main(void)
{
	char text[8];
	struct stat st;
	umask(0);
	MUST(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	MUST(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
	MUST(mknod("disk", S_IFBLK | 0660, makedev(8, 0)));
	int fd = (int)MUST(open("null", O_WRONLY));
	MUST(write(fd, "gone", 4));
	MUST(fstat(fd, &st));
	CHECK(S_ISCHR(st.st_mode));
	close(fd);
	fd = (int)MUST(open("null", O_RDWR | O_CREAT | O_TRUNC, 0644));
	CHECK(read(fd, text, 8) == 0);
	close(fd);
	fd = (int)MUST(open("/work/zero", O_RDONLY));
	CHECK(read(fd, text, 8) == 8 && !text[7]);
	close(fd);
	FAILS(EPERM, open("disk", O_RDONLY));
	MUST(access("null", R_OK | W_OK));
	FAILS(EACCES, access("null", X_OK));
	MUST(stat("null", &st));
	CHECK(st.st_mode == (S_IFCHR | 0666) && st.st_size == 0);
	/* what an access list of three entries does to a mode */
	static const unsigned char list[] = { 2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 4, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255 };
	if (setxattr("null", "system.posix_acl_access", list, sizeof list, 0) == 0) {
		MUST(stat("null", &st));
		CHECK(st.st_mode == (S_IFCHR | 0640));
		FAILS(EPERM, open("disk", O_RDONLY));
		close((int)MUST(open("null", O_WRONLY)));
	}
	/* it can be watched, and is no socket */
	struct inotify_event event[8];
	int watch = (int)MUST(inotify_init1(IN_NONBLOCK));
	MUST(inotify_add_watch(watch, "null", IN_DELETE_SELF));
	MUST(stat("null", &st));
	CHECK(S_ISCHR(st.st_mode));
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "null" };
	int s = (int)MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
	struct msghdr message = { .msg_name = &a, .msg_namelen = sizeof a };
	FAILS(ECONNREFUSED, connect(s, (void *)&a, sizeof a));
	FAILS(ECONNREFUSED, sendto(s, "x", 1, 0, (void *)&a, sizeof a));
	FAILS(ECONNREFUSED, sendmsg(s, &message, 0));
	MUST(unlink("null"));
	CHECK(read(watch, event, sizeof event) > 0 && event[0].mask & IN_DELETE_SELF);
	return pass();
}
