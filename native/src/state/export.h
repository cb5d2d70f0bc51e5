/* The table of owners as a list, for a copy of the tree, whose files have other inodes. */
#ifndef STATE_EXPORT_H
#define STATE_EXPORT_H

/* `owners1 ROOT STATE`: write the list of a plan's `owners` word (see import.c) for all of ROOT that the table under STATE
 * knows to stdout, and end. 0 files where there is no table of this tree. 125: something could not be read or written. */
void owners_export(int argc, char **argv) __attribute__((noreturn));

#endif
