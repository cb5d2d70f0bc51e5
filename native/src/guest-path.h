/* What a path or a descriptor of the host is called in the guest, without looking anything up there. */
#ifndef GUEST_PATH_H
#define GUEST_PATH_H
#include "sys/types.h"

/* Guest text of a plain host path that may lie anywhere; its length, or -ENOENT. */
long host_to_guest(const char *host, char *guest, size_t size);
/* readlink() of a host path, with a NUL behind it: the length, or -errno. */
long link_read(const char *host_path, char *to, size_t size);
/* The link of /proc that shows a descriptor's path. */
void link_of(int descriptor, char link[48]);
/* `host` is what a link of /proc shows. 0: the file is there; -ENOTDIR: it is no directory, and removed by that name; else the length
 * of the guest path where the directory was, or -EXDEV. Changes `host`. */
long removed_place(const char *link, char *host, char *guest, size_t size);
/* /proc/PID/[task/TID/]... : the part behind, and the process id; NULL where it is no such path. */
const char *proc_behind_process(const char *path, u64 *pid);

#endif
