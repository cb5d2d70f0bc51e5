#!/bin/bash
# Runs every guest program in an engine, as an unprivileged user, in both modes.
#   run.sh [--engine "COMMAND"] [--modes "trap rewrite"] [--native] [--only PATTERN] [--work DIR] [--repeat N] [--timeout S]
# COMMAND is what the plan words are appended to. --native puts a real chroot in its place (root only):
# a program which fails there is wrong. Prints `ok NAME`, `not ok NAME: why`, `skip NAME: why`, a closing
# count; exit status 1 when something failed.
# A program's first lines may say:
#   // identity: root | 1234:5678:5678,9   the user the guest sees (emulated; real root under --native)
#   // plan: hostname box kernel 6.1.0     more words of the plan
#   // native: no                          says something only the engine can do
#   // args: a b                           its arguments
#   // again: a b                          a second run in the same tree and state, with these arguments
#   // moved: a b                           a second run, in a copy of the tree, begun from a list of owners made by the engine
#   // engine: bound                        the engine's own file is /mnt/rw/engine
#   // owners: yes                         the plan names a list of owners, and /work/owned is there
# A guest is to see descriptors 0, 1, 2 and no others.
for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"; done
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
engine="$top/build/native/$(uname -m)/udocker-engine"
modes='trap rewrite' native=no only='*' work='' repeat=1 limit=30
while [ $# -gt 0 ]; do
	case $1 in
	--engine) engine=$2; shift 2 ;;
	--modes) modes=$2; shift 2 ;;
	--native) native=yes; shift ;;
	--only) only=$2; shift 2 ;;
	--work) work=$2; shift 2 ;;
	--repeat) repeat=$2; shift 2 ;;
	--timeout) limit=$2; shift 2 ;;
	*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
if [ -z "$work" ]; then work=$(mktemp -d /tmp/guest-tests.XXXXXX); trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT; fi
mkdir -p "$work"
chmod 755 "$work"
make -s -C "$here" -j"$(nproc)" OUT="$work/build" || exit 2

# Who runs the guests: the caller, or a user without privileges when the caller is root.
as_user=() uid=$(id -u) gid=$(id -g)
if [ "$uid" = 0 ]; then
	uid=$(id -u lab 2>/dev/null || echo 1001) gid=$(id -g lab 2>/dev/null || echo 1001)
	as_user=(setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all)
elif [ $native = yes ]; then
	echo 'run.sh: --native needs root' >&2; exit 2
fi
if [ $native = yes ]; then as_user=() engine="$work/build/chroot" modes=native; fi
# The unprivileged user may not be able to read the place the engine was built in.
first=${engine%% *}
if [ $native = no ] && [ -f "$first" ] && [ "$(id -u)" = 0 ]; then
	mkdir -p "$work/engine"; cp "$first" "$work/engine/"; chmod -R a+rX "$work/engine"
	engine="$work/engine/$(basename "$first")${engine#"$first"}"
fi

root="$work/root" host="$work/host"
"$here/mkroot.sh" "$root" "$work/build/programs" || exit 2
[ -f "$first" ] && cp "$first" "$root/tests/engine-itself"
[ "$(id -u)" != 0 ] || chown -R "$uid:$gid" "$root"
passed=0 failed=0 skipped=0

fresh() { # a new /work, new binds, owned by the one who will run
	rm -rf "$root/work" "$host" "$root/mnt" "$work/state" 2>/dev/null || { chmod -R u+rwX "$root/work" "$host"; rm -rf "$root/work" "$host" "$root/mnt" "$work/state"; }
	mkdir -p "$root/work" "$root/mnt/rw" "$root/mnt/ro" "$host/rw/sub" "$host/ro/sub" "$host/nested/inner" "$work/state"
	: > "$root/mnt/file"; : > "$root/mnt/rofile"
	echo rw > "$host/rw/marker"; echo ro > "$host/ro/marker"; echo sub > "$host/ro/sub/marker"; echo nested > "$host/nested/marker"
	echo file > "$host/file"; echo rofile > "$host/rofile"; echo absent > "$host/nested/inner/marker"
	ln -s /etc/marker "$host/rw/to-root"; ln -s ../../etc/marker "$host/rw/up"; ln -s marker "$host/rw/inside"; mkdir "$host/rw/nested"
	[ "$(id -u)" != 0 ] || chown -hR "$1:$2" "$root/work" "$root/mnt" "$host" "$work/state"
}

run_guest() { # run_guest ARG...: sets out and status; leaves no process behind, not even a stopped one
	cd /
	env -i PATH=/bin HOME=/ TERM=dumb GUEST_MARK=1 timeout -k 2 "$limit" "${as_user[@]}" $engine "${plan[@]}" -- "/tests/$name.$variant" "$@" > "$work/stdout" 2> "$work/stderr" < /dev/null &
	local leader=$!
	wait $leader
	status=$?
	kill -KILL -- -$leader 2>/dev/null
	out=$(tail -c 4000 "$work/stdout")
}

move_tree() { # /work becomes a copy, with other inodes; the owners of the old one come from a list
	cd / && "${as_user[@]}" $engine owners1 "$root" "$work/state" > "$work/owners" || return 1
	chmod -R u+rX "$root/work" && cp -a "$root/work" "$work/moved" && rm -rf "$root/work" "$work/state" && mv "$work/moved" "$root/work" && mkdir "$work/state" || return 1
	[ "$(id -u)" != 0 ] || chown "$uid:$gid" "$work/state"
	plan+=(owners "$work/owners")
}

one() { # one FILE NAME VARIANT MODE
	local again source=$1 name=$2 variant=$3 mode=$4 label="$2.$3 [$4]" identity words args status out owner_uid=$uid owner_gid=$gid
	identity=$(sed -n 's,^// identity: ,,p' "$source"); words=$(sed -n 's,^// plan: ,,p' "$source"); args=$(sed -n 's,^// args: ,,p' "$source")
	if [ "$mode" = native ] && grep -q '^// native: no' "$source"; then
		skipped=$((skipped + 1)); echo "skip $label: only the engine does this"; return
	fi
	case $identity in
	'') user="$uid $gid $gid" emulation=off ;;
	root) user='0 0 0' emulation=on; [ "$mode" != native ] || owner_uid=0 owner_gid=0 ;;
	*) user="${identity//:/ }" emulation=on; [ "$mode" != native ] || { owner_uid=${identity%%:*}; owner_gid=$owner_uid; } ;;
	esac
	fresh "$owner_uid" "$owner_gid"
	local plan=(plan1 root "$root" exec "/tests/$name.$variant" bind /proc /proc rw bind /dev /dev rw bind /sys /sys rw
		bind "$host/rw" /mnt/rw rw bind "$host/ro" /mnt/ro ro bind "$host/nested" /mnt/rw/nested rw
		bind "$host/file" /mnt/file rw bind "$host/rofile" /mnt/rofile ro bind "$host/nested/inner" /mnt/absent/deep/point rw
		cwd /work user $user root-emulation $emulation state "$work/state" $words)
	[ "$mode" = native ] || plan+=(mode "$mode")
	if grep -q '^// owners: yes' "$source"; then
		mkdir "$root/work/owned"; echo x > "$root/work/owned/file"; echo x > "$root/work/owned/plain"; : > "$root/work/owned/device"; ln -s plain "$root/work/owned/link"
		[ "$(id -u)" != 0 ] || chown -hR "$uid:$gid" "$root/work/owned"
		printf '%s\0' udocker-owners-1 /work/owned 101 102 040755 '' /work/owned/file 12 34 0104755 '' /work/owned/device 0 0 020666 1:5 /work/owned/link 7 7 0120777 '' > "$work/owners"
		plan+=(owners "$work/owners")
	fi
	local engine=$engine
	if grep -q '^// engine: bound' "$source"; then
		install -m 755 "${engine%% *}" "$host/rw/engine" && engine="$host/rw/engine${engine#"${engine%% *}"}"
		[ "$(id -u)" != 0 ] || chown "$uid:$gid" "$host/rw/engine"
	fi
	run_guest $args
	if [ $status = 0 ] && again=$(sed -n 's,^// again: ,,p' "$source") && [ -n "$again" ]; then run_guest $again; fi
	if [ $status = 0 ] && again=$(sed -n 's,^// moved: ,,p' "$source") && [ -n "$again" ]; then move_tree && run_guest $again || { status=1 out='the tree cannot be moved'; }; fi
	case $status in
	0) passed=$((passed + 1)); echo "ok $label" ;;
	77) skipped=$((skipped + 1)); echo "skip $label: $(echo "$out" | sed -n 's/^skip: //p' | tail -1)" ;;
	*)
		failed=$((failed + 1))
		case $status in 124 | 137) why="no end within $limit s" ;; *) why="exit status $status" ;; esac
		echo "not ok $label: $why: $(echo "$out" | tail -1 | sed 's/^not ok: //')$(head -c 300 "$work/stderr" | tr '\n' ' ')" ;;
	esac
}

for mode in $modes; do
	for source in "$here"/*.c; do
		name=$(basename "$source" .c)
		for file in "$work/build/programs/$name".*; do
			variant=${file##*.}
			# shellcheck disable=SC2254
			case $name.$variant in $only) ;; *) continue ;; esac
			for _ in $(seq "$repeat"); do one "$source" "$name" "$variant" "$mode"; done
		done
	done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
