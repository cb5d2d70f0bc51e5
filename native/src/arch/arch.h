/* The only door to the CPU: every architecture directory gives the same names. */
#ifndef ARCH_H
#define ARCH_H
#if defined(__x86_64__)
#include "x86_64/cpu.h"
#elif defined(__aarch64__)
#include "aarch64/cpu.h"
#else
#error "the native engine knows x86_64 and aarch64 only"
#endif
#endif
