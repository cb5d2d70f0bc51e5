/* The list of owners that was written when the image was extracted. */
#ifndef STATE_IMPORT_H
#define STATE_IMPORT_H

/* At the first start of a run: open the table of owners, and take over the plan's list where it is a newer one.
 * 0 or -errno. */
long owners_begin(void);

#endif
