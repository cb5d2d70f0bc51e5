/* The only door to what each CPU does to a call site that is rewritten. */
#ifndef ARCH_PATCH_H
#define ARCH_PATCH_H
#include "arch.h"
#if defined(__x86_64__)
#include "x86_64/patch.h"
#else
#include "aarch64/patch.h"
#endif
#endif
