#!/bin/bash
# Makes the Debian tree the suites run in, with everything they start. Usage: mkroot.sh DIR (as root; needs mmdebstrap).
# The tree belongs to the unprivileged user, as a tree extracted without root does.
set -e
packages=python3,libpython3.11-testsuite,python3-venv,gcc,git,make,libc6-dev,perl,strace,gdb,tmux,redis-server,nodejs,ca-certificates,procps,openssh-client,file,less,default-jre-headless,locales,psmisc,passwd,busybox-static
[ -x "$1/bin/sh" ] || mmdebstrap --mode=root --variant=minbase --include="$packages" bookworm "$1"
mkdir -p "$1/proc" "$1/sys" "$1/dev"
chown -hR "${2:-$(id -u lab)}:${3:-$(id -g lab)}" "$1"
chmod u+s "$1/bin/su" 2>/dev/null || true
