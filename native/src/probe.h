/* The program that `udocker-engine probe` runs through the engine; see probe.c. */
#ifndef PROBE_H
#define PROBE_H
#include "sys/types.h"

/* Try the engine on this host: prints the answer and exits. */
void probe(char **envp, const u64 *auxv) __attribute__((noreturn));
/* The ends of the guest program's code (the linker knows them), and in entry.S its first instruction. */
extern const u8 __start_probe_guest_code[], __stop_probe_guest_code[];
void probe_entry(void);
/* In entry.S too: getcwd, made where a rewriting engine changes the first byte. */
long probe_site(char *room, u64 size);

#endif
