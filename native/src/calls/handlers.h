/* The handlers named in syscalls.def, by family. Each gets the guest's call and returns what the guest gets. */
#ifndef CALLS_HANDLERS_H
#define CALLS_HANDLERS_H
#include "../trap/calls.h"

/* paths.c */
call_handler call_paths;
/* names.c */
call_handler call_unlink, call_rmdir, call_unlinkat, call_rename, call_renameat, call_link, call_linkat;
/* open.c */
call_handler call_open, call_creat, call_openat, call_openat2;
/* stat.c */
call_handler call_access, call_stat, call_lstat, call_newfstatat, call_statx, call_fstat;
/* links.c */
call_handler call_readlink, call_readlinkat, call_getcwd;
/* signals.c */
call_handler call_sigaction, call_sigprocmask, call_sigpending, call_sigsuspend, call_wait_mask3, call_wait_mask4, call_pselect;
/* exec.c */
call_handler call_execve, call_execveat;
/* spawn.c */
call_handler call_clone;
/* trace.c */
call_handler call_ptrace, call_wait4;
/* refused.c */
call_handler call_not_permitted, call_no_protocol, call_not_supported, call_arch_prctl;
/* seccomp.c */
call_handler call_prctl, call_seccomp;
/* landlock.c */
call_handler call_landlock_add_rule, call_landlock_restrict_self;
/* watch.c */
call_handler call_inotify, call_fanotify;
/* chroot.c */
call_handler call_chroot;
/* sockets.c */
call_handler call_bind, call_connect, call_sendto, call_accept, call_getsockname, call_getpeername, call_recvfrom;
call_handler call_sendmsg, call_sendmmsg, call_recvmsg, call_recvmmsg;
/* ids.c */
call_handler call_get_id, call_get_three, call_set_id, call_getgroups, call_setgroups, call_capget, call_capset;
call_handler call_getsockopt;
/* own-ids.c */
call_handler call_personality;
/* others.c */
call_handler call_look, call_pidfd_getfd, call_prlimit, call_schedule, call_priority;
/* May the running process trace that one? */
bool trace_permitted(u64 pid);
/* kill.c */
call_handler call_kill, call_pidfd_signal;
/* prctl options of struct ids: a result, or -EINVAL. */
long ids_prctl(const u64 a[6]);
/* change.c */
call_handler call_chown, call_chmod, call_mknod;
/* fchdir.c */
call_handler call_fchdir;
/* own-descriptor.c */
call_handler call_descriptor, call_dup_to, call_close_range;
/* listing.c */
call_handler call_getdents;
/* attributes.c */
call_handler call_attribute, call_attribute_list;
/* identity.c */
call_handler call_uname;

#endif
