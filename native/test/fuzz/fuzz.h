/* What the fuzzer's files share: the random numbers of one step, the tree's names, the log. */
#ifndef FUZZ_H
#define FUZZ_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { SLOTS = 8, FIRST_SLOT = 20, CROWD = 64, PATH_ROOM = 8192 };

/* Numbers of one step depend on seed and step alone, so that leaving out a step changes no other. */
struct random { uint64_t state; };
uint64_t next(struct random *r);
unsigned below(struct random *r, unsigned limit);
int percent(struct random *r, unsigned chance);

/* A path from the small world of names in which collisions, links and mounts are frequent. */
void some_path(struct random *r, char *out);
/* A descriptor: the current directory, a slot (which may be closed), or one that is never open. */
int some_dirfd(struct random *r);
int some_slot(struct random *r);

/* One line of the log is built by several calls of say(). */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Logs a path shortened in the middle. */
void say_path(const char *path);
/* Logs " = result" or " = -1 ERRNO". */
void say_result(long result);
void flush_line(void);
const char *errno_name(int number);
void say_stat(const struct stat *st);

/* The same for calls of a rarer kind. */
void more(struct random *r);
/* Runs one random call and logs it. */
void step(struct random *r, int number);

/* The mount that may move with the directory above it: a descriptor of it, or -1. */
extern int moving_mount;
/* The path of the directory that holds its mount point. */
void holder_of_mount(char *path);
/* Whoever starts next finds the directories of the mounts where they were, and open. */
void open_mounts(void);
void clean_tree(void);
/* For root's calls: what they left or spoilt above /f. */
void clean_root(void);
void make_tree(struct random *r);
/* Owners and modes at random. */
void give_tree(struct random *r);
void dump_tree(void);
#endif
