#!/bin/bash
# What a full disk, a limit for files (ulimit -f), a cache file that goes away under the feet of those who have it mapped, or a table of owners that was
# written over does to a container.
#   full-disk.sh [--engine COMMAND] [--mode "trap rewrite"]
# Prints `ok NAME`, `not ok NAME: why`, `skip NAME: why` and a closing count; needs root, for a small tmpfs of its own.
here=$(cd "$(dirname "$0")" && pwd)
engine="$here/../../../build/native/$(uname -m)/udocker-engine" modes='trap rewrite'
while [ $# -gt 0 ]; do
	case $1 in
	--engine) engine=$2; shift 2 ;;
	--mode) modes=$2; shift 2 ;;
	*) echo "full-disk.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
box=$(command -v busybox)
[ "$(id -u)" = 0 ] || { echo 'skip full-disk: to mount a small disk needs root'; exit 0; }
[ -n "$box" ] || { echo 'skip full-disk: busybox is missing'; exit 0; }
work=$(mktemp -d /tmp/full-disk.XXXXXX)
trap 'umount "$work/disk" 2> /dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$work"
mkdir -p "$work/disk" "$work/root/bin" "$work/root/work" "$work/root/deep/way" "$work/state"
cp "$box" "$work/root/bin/busybox" && cp "$engine" "$work/engine" && chmod 755 "$work/engine"
for applet in sh mv mkdir rmdir ln rm ls chown stat; do ln -s busybox "$work/root/bin/$applet"; done
uid=$(id -u lab 2> /dev/null || echo 1001) gid=$(id -g lab 2> /dev/null || echo 1001)
mount -t tmpfs -o size=16k,mode=777 small "$work/disk" || { echo 'skip full-disk: nothing can be mounted here'; exit 0; }
chown -R "$uid:$gid" "$work/root" "$work/state"
passed=0 failed=0 most_blocks=unlimited

run() { # run STATE EMULATION COMMAND: what it says goes through a pipe, which no limit for files ends
	local ids="$uid $gid $gid"
	[ "$2" = on ] && ids='0 0 0'
	# shellcheck disable=SC2086
	(ulimit -f "$most_blocks"; setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all timeout 60 "$work/engine" plan1 root "$work/root" exec /bin/sh \
		bind /proc /proc rw cwd /work user $ids root-emulation "$2" state "$1" mode "$mode" -- sh -c "$3" 2>&1 < /dev/null) | cat > "$work/said"
	return "${PIPESTATUS[0]}"
}
verdict() { # verdict NAME STATUS WANTED [TEXT]
	if [ "$2" = "$3" ] && grep -q -e "${4-}" "$work/said"; then passed=$((passed + 1)); echo "ok $1 [$mode]"; else
		failed=$((failed + 1)); echo "not ok $1 [$mode]: status $2, wanted $3 ${4-}: $(tail -c 300 "$work/said" | tr '\n' '|')"; fi
}
fill() { # a disk without a free block, with a state of its own; FILE is there, all hole, of the size of a whole one
	rm -rf "$work/disk"/*; mkdir "$work/disk/state"
	[ -z "${1-}" ] || truncate -s 76800 "$work/disk/state/$1"
	dd if=/dev/zero of="$work/disk/fill" bs=4k 2> /dev/null
	chown -R "$uid:$gid" "$work/disk/state"
}
# The shell stays and asks, others change the names it asks for: links on its way, and directories that move.
changes='
n=0
while [ $n -lt 150 ]; do
	mkdir -p a/b c/d; ln -s a way
	[ -d way/b ] || exit 11
	rm way; ln -s c way
	[ ! -e way/b ] && [ -d way/d ] || exit 12
	mv a/b a/moved
	[ ! -e a/b ] && [ -d a/moved ] || exit 13
	mv a gone
	[ ! -e a/moved ] && [ -d gone/moved ] || exit 14
	rm -r way gone c
	[ ! -e gone/moved ] || exit 15
	n=$((n + 1))
done
echo done'

for mode in $modes; do
	fill; run "$work/disk/state" off '[ -d /deep/way ] && ls /deep && mv /deep /work/deep && [ ! -e /deep/way ] && mv /work/deep /deep'
	verdict starts-without-room $? 0 way
	fill directories; run "$work/disk/state" off '[ -d /deep/way ] && ls /deep'
	verdict starts-with-a-hole $? 0 way
	fill; run "$work/disk/state" on 'exit 0'
	verdict says-why-root-cannot $? 125 'no space left on the device'
	fill; umount "$work/disk"; mount -t tmpfs -o size=4m,mode=777 small "$work/disk"; most_blocks=0
	mkdir "$work/disk/state"; chown "$uid:$gid" "$work/disk/state"
	run "$work/disk/state" off '[ -d /deep/way ] && ls /deep && mv /deep /work/deep && [ ! -e /deep/way ] && mv /work/deep /deep; (: > full; ls -l > full); echo $?; cat /proc/self/maps'
	status=$?
	verdict starts-without-leave-to-write-files $status 1 153
	verdict says-that-maps-cannot-be-written $status 1 'File too large'
	run "$work/disk/state" on 'exit 0'
	verdict says-why-root-may-not $? 125 'cannot keep the owners of files.*file too large'
	most_blocks=unlimited; run "$work/disk/state" on ': > kept; chown 7:7 kept'; most_blocks=0
	run "$work/disk/state" on 'stat -c %u kept; chown 8:8 kept; stat -c %u kept'
	verdict owners-known-without-leave-to-write-files $? 0 '^8$'
	most_blocks=unlimited
	mask=$(umask); umask 0777; rm -rf "$work/disk"/*; mkdir -m 700 "$work/disk/state"; chown "$uid:$gid" "$work/disk/state"
	run "$work/disk/state" on ': > own; chown 7:7 own; sh -c "stat -c %u own"; rm -f own'
	status=$?; umask "$mask"
	verdict owners-known-whatever-the-umask $status 0 '^7$'
	rm -rf "$work/root/work"/*
	(while sleep 0.05; do : 2> /dev/null > "$work/state/directories"; done) & cutter=$!
	run "$work/state" off "$changes"; status=$?
	kill $cutter; wait $cutter 2> /dev/null
	verdict cache-cut-while-in-use $status 0 done
	run "$work/state" on ': > kept; chown 7:7 kept; stat -c %u kept'
	verdict owners-kept $? 0 '^7$'
	size=$(stat -c %s "$work/state/ownership")
	head -c $((size - 4096)) /dev/urandom | dd of="$work/state/ownership" bs=4096 seek=1 conv=notrunc 2> /dev/null
	run "$work/state" on 'ls -l kept; chown 8:8 kept; stat -c %u kept'
	verdict owners-damaged-said $? 0 'are damaged'
	run "$work/state" on 'stat -c %u kept; rm kept'
	verdict owners-kept-after-damage $? 0 '^8$'
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
