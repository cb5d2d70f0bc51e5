/* Which action the kernel's table holds for each of the engine's own three signals; see own-actions.h. */
#include "own-actions.h"

struct kernel_action own_actions[OWN_ACTIONS];
static bool acted HOT; /* any of the three ever had another action than OWN_DEFAULT */

static u64 own_entry(int number) {
    return number == SIGSYS ? (u64)trap_entry : (u64)fault_entry;
}

long own_install(int number, unsigned index, struct kernel_action *old) {
    u64 wanted = index >= OWN_FIRST ? own_actions[index].flags : SA_ONSTACK | (index == OWN_IGNORED ? SA_RESTART : 0);
    if (number == SIGSYS) wanted |= SA_ONSTACK;
    struct kernel_action action = {
        .handler = own_entry(number) - index * OWN_STEP,
        .flags = SA_SIGINFO | SA_NODEFER | 0x04000000 /* SA_RESTORER */ | (wanted & (SA_ONSTACK | SA_RESTART)),
        .restorer = (u64)signal_restorer,
        .mask = ALL_SIGNALS & ~(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS)),
    };
    if (index && !acted) acted = true;
    return kernel_action(number, &action, old);
}

unsigned own_index(int number) {
    struct kernel_action now;
    if (!acted || kernel_action(number, NULL, &now) < 0) return OWN_DEFAULT;
    u64 index = (own_entry(number) - now.handler) / OWN_STEP;
    return index < OWN_ACTIONS ? (unsigned)index : OWN_DEFAULT;
}
