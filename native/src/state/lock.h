/* A lock between all processes of a container: a file under `state`. */
#ifndef STATE_LOCK_H
#define STATE_LOCK_H

/* Wait for the lock of this name ("/ownership.lock"). A descriptor for state_unlock(), or -errno. */
long state_lock(const char *name);
void state_unlock(long lock);

#endif
