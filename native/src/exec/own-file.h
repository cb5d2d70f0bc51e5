/* By which name the engine runs itself. */
#ifndef EXEC_OWN_FILE_H
#define EXEC_OWN_FILE_H
#include "../sys/types.h"

struct own_file {
    u64 device, inode;
};

/* At the first start: find its name. */
void own_file_begin(void);
/* After an exec by this host path of the file that the last program knew. */
void own_file_resume(const char *path, const struct own_file *file);
/* What to tell the next program. */
struct own_file own_file(void);
/* A host path that leads to it. */
const char *own_file_name(void);

#endif
