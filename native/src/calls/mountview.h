/* The guest's mounts as /proc shows them. */
#ifndef CALLS_MOUNTVIEW_H
#define CALLS_MOUNTVIEW_H
#include "textview.h"

void mounts_view(struct text_view *v);
void mountinfo_view(struct text_view *v);
void mountstats_view(struct text_view *v);

#endif
