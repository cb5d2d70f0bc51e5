/* 64 threads meet fresh call sites at the same moment, again and again. */
#include "check.h"
static pthread_barrier_t barrier;
static void *work(void *unused)
{
	(void)unused;
	struct stat st;
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 200; i++) {
		if (syscall(SYS_newfstatat, AT_FDCWD, "/links/dir/marker", &st, 0) || st.st_size != 6) fail("syscall()");
		if (stat("/etc/marker", &st) || lstat("/links/dir", &st) || !S_ISLNK(st.st_mode)) fail("stat");
		int fd = open("/etc/marker", O_RDONLY);
		if (fd < 0 || fstat(fd, &st) || st.st_size != 6) fail("open");
		close(fd);
		if (access("/etc/absent", F_OK) != -1 || errno != ENOENT) fail("access");
		char text[16];
		if (readlink("/links/absolute", text, 16) != 11) fail("readlink");
	}
	return NULL;
}
int main(void)
{
	for (int round = 0; round < 4; round++) IN_CHILD(0, {
		pthread_t threads[64];
		pthread_barrier_init(&barrier, NULL, 64);
		for (int i = 0; i < 64; i++) if (pthread_create(&threads[i], NULL, work, NULL)) fail("pthread_create");
		for (int i = 0; i < 64; i++) pthread_join(threads[i], NULL);
	});
	return pass();
}
