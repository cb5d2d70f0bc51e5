/* Files whose mode locks the invoking user out, but not the process as the guest sees it; see unlock.c. */
#ifndef CALLS_UNLOCK_H
#define CALLS_UNLOCK_H
#include "../trap/calls.h"

enum unlocked { UNLOCKED_NOTHING, UNLOCKED_RETRY, UNLOCKED_ANSWER };

/* The kernel answered EACCES to a call (arguments as the guest gave them). Where the guest's ids would be let
 * through, make the disk let them through: RETRY. ANSWER: `answer` is what the guest gets. */
enum unlocked unlock_for(struct call *call, long *answer);
/* The same for an open directory that is to be entered. True: try again. */
bool unlock_directory(int fd);

#endif
