/* What a call needs of the files that its paths lead to, before anything is looked up. For what permits (permit.c) and
 * for what makes room where the disk is stricter than the guest's view (unlock.c). */
#ifndef CALLS_WISH_H
#define CALLS_WISH_H
#include "ids.h"
#include "owners.h"

enum { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 };

struct wish {
    u32 need;    /* of the file itself */
    u32 resolve; /* PATH_ bits of openat2's RESOLVE_ flags */
    bool name;    /* the last name is made, removed or moved: its directory must be writable */
    bool follow;
    bool creates; /* an open that makes the file where there is none */
    bool exclusive;
    bool contents; /* what is in it is opened or cut: that is no matter of permissions for directories */
    bool directory; /* it must be a directory; that comes first */
    bool regular;   /* or a regular file: other kinds are refused before their modes are looked at */
    bool attribute; /* a user.* attribute */
    bool owner;   /* only the owner may, or with `need` also who may write */
};

/* `argument`: one of the paths of the call's row; arguments as the guest gave them. */
struct wish wish_of(const struct call *call, const struct path_argument *argument);
/* How a call uses an attribute, if it names one with a path. */
struct attribute_use {
    u32 need;      /* MAY_READ or MAY_WRITE; 0: it names none */
    unsigned name; /* the argument that names it */
};
struct attribute_use attribute_use(long number);
/* The flags of an open, whichever call it is. */
u64 wish_open_flags(const struct call *call);
/* openat2's RESOLVE_ flags as PATH_ bits. */
u32 wish_resolve(u64 resolve);

/* Without a path, does the call refuse this descriptor, as EBADF: one for its path alone, or the working directory's? */
bool wish_refuses(long number, int fd);

#endif
