#!/bin/bash
# Makes the Debian tree the suites run in, with everything they start (as root; needs mmdebstrap).
#   mkroot.sh [--small] DIR [UID GID]      --small: without language run-times and servers; for run.sh
# The tree belongs to the unprivileged user, as a tree extracted without root does.
set -e
small=no
if [ "$1" = --small ]; then small=yes; shift; fi
packages=python3,gcc,git,make,libc6-dev,perl,strace,gdb,procps,busybox-static,bsdextrautils,bsdutils,libpython3.11-testsuite
[ $small = yes ] || packages=$packages,python3-venv,tmux,redis-server,postgresql,nodejs,ca-certificates,openssh-client,file,less,default-jdk-headless,gosu,locales,psmisc,passwd
if [ ! -x "$1/bin/sh" ]; then
	made=$1.$$
	trap 'rm -rf "$made"' EXIT
	mkdir -p "$(dirname "$1")"
	mmdebstrap --mode=root --variant=minbase --include="$packages" bookworm "$made"
	mkdir -p "$made/proc" "$made/sys" "$made/dev"
	static=$(echo "$(dirname "$0")"/../../../node_modules/@esbuild/linux-*/bin/esbuild)	# a static Go program
	if [ $small = no ] && [ -f "$static" ]; then install -D "$static" "$made/opt/esbuild"; fi
	chown -hR "${2:-$(id -u lab 2>/dev/null || echo 1001)}:${3:-$(id -g lab 2>/dev/null || echo 1001)}" "$made"
	chmod u+s "$made/bin/su" 2>/dev/null || true
	mv "$made" "$1"
fi
