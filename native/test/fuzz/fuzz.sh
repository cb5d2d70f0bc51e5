#!/bin/bash
# The differential fuzzer: random path calls in the engine and in a real chroot, on identical trees,
# must log the same. Needs root for the chroot; the guests run as an unprivileged user.
#   fuzz.sh [--engine "COMMAND"] [--mode trap|rewrite] [--seconds N] [--seed S] [--seeds N] [--steps N]
#           [--self] [--strangers | --root] [--more] [--crowded] [--workers N] [--only "STEP..."] [--regressions] [--all | --survey] [--keep DIR]
# Without --seed the first seed is taken from the clock. A seed which differs is shrunk to the steps
# which matter, printed, and the run ends with status 1 (--all: goes on and prints every differing seed;
# --survey: the same without shrinking, and at the end a table of first differences by call and errno).
# FUZZ_SKIP=openat2,rename... leaves kinds of calls out (names as in step.c).
# --self compares the chroot with itself: the fuzzer's own test, nothing may differ.
# --strangers: no binds; (emulated) root makes the tree and gives parts of it away, the calls are those of another user.
# --more: rarer calls too, with another meaning of seeds. --root: the same as --strangers, but the calls are root's own.
# --crowded: with no descriptor left that the limit in force allows.
# --regressions runs the seeds of the file `regressions`: [strangers | root] [more] SEED STEPS WORKERS [STEP...]  # what it found
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
engine="$top/build/native/$(uname -m)/udocker-engine"
mode=trap seconds=0 seed='' seeds=0 steps=150 workers=1 only='' regressions=no all=no self=no survey=no strangers='' more='' work='' batch=25
while [ $# -gt 0 ]; do
	case $1 in
	--engine) engine=$2; shift 2 ;;
	--mode) mode=$2; shift 2 ;;
	--seconds) seconds=$2; shift 2 ;;
	--seed) seed=$2; shift 2 ;;
	--seeds) seeds=$2; shift 2 ;;
	--steps) steps=$2; shift 2 ;;
	--workers) workers=$2; shift 2 ;;
	--only) only=$2; shift 2 ;;
	--regressions) regressions=yes; shift ;;
	--all) all=yes; shift ;;
	--survey) survey=yes all=yes; shift ;;
	--self) self=yes; shift ;;
	--strangers) strangers=yes; shift ;;
	--root) strangers=root; shift ;;
	--more) more=yes; shift ;;
	--crowded) export FUZZ_CROWDED=1; shift ;;
	--keep) work=$2; mkdir -p "$2"; shift 2 ;;
	*) echo "fuzz.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
[ "$(id -u)" = 0 ] || { echo 'skip fuzz: the real chroot it compares with needs root'; exit 0; }
unshare -m true 2>/dev/null || { echo 'skip fuzz: no private mount namespace here'; exit 0; }
[ -z "$work" ] || rm -f "$work/survey"
if [ -z "$work" ]; then work=$(mktemp -d /tmp/fuzz.XXXXXX); trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT; fi
chmod 755 "$work"
gcc -O1 -Wall -Wextra -static -o "$work/fuzz" "$here"/*.c || exit 2
gcc -O1 -Wall -Wextra -o "$work/chroot" "$here/../engines/chroot.c" || exit 2
uid=$(id -u lab 2>/dev/null || echo 1001) gid=$(id -g lab 2>/dev/null || echo 1001)
first=${engine%% *}
if [ -f "$first" ]; then
	mkdir -p "$work/engine"; cp "$first" "$work/engine/"; chmod -R a+rX "$work/engine"
	engine="$work/engine/$(basename "$first")${engine#"$first"}"
fi

new_tree() { # new_tree SIDE: everything afresh from the host
	local side="$work/$1"
	chmod -R u+rwX "$side" 2>/dev/null; rm -rf "$side"
	mkdir -p "$side"/root/{f/{rw/in,ro},proc,dev,etc} "$side"/host/{rw/in,ro/a/b,in,point} "$side/state"
	: > "$side/root/f/file"; : > "$side/root/f/rofile"
	echo marker > "$side/root/etc/marker"; echo file > "$side/host/file"; echo rofile > "$side/host/rofile"
	echo ro > "$side/host/ro/c"; echo deep > "$side/host/ro/a/d"; ln -s /f/a "$side/host/ro/l0"; ln -s ../../b "$side/host/ro/l1"; ln -s a "$side/host/ro/l2"
	cp "$work/fuzz" "$side/root/fuzz"
	if [ -n "$strangers" ]; then
		mkdir -p "$side/root/f/rw/in" "$side/root/f/absent/point"; echo file > "$side/root/f/file"; printf 'udocker-owners-1\0' > "$side/owners"
		[ "$1" = chrooted ] || [ $self = yes ] || chown -hR "$uid:$gid" "$side/root" "$side/state"
		return
	fi
	chown -hR "$uid:$gid" "$side/root/f" "$side/host" "$side/state"
	find "$side/host/ro" "$side/host/rofile" -exec touch -hd @4000000000 {} +
}

plan() { # plan SIDE: the words, in the array words
	local side="$work/$1"
	words=(plan1 root "$side/root" exec /fuzz bind /proc /proc rw bind /dev /dev rw bind "$side/host/rw" /f/rw rw bind "$side/host/ro" /f/ro ro
		bind "$side/host/in" /f/rw/in rw bind "$side/host/file" /f/file rw bind "$side/host/rofile" /f/rofile ro bind "$side/host/point" /f/absent/point rw
		cwd /f user "$uid" "$gid" "$gid" root-emulation off state "$side/state" mode "$mode")
	[ -z "$strangers" ] || words=(plan1 root "$side/root" exec /fuzz bind /proc /proc rw bind /dev /dev rw cwd /f user 0 0 '' root-emulation on owners "$side/owners" state "$side/state" mode "$mode")
}

run_both() { # run_both SEED COUNT STEPS WORKERS [STEP...]: logs in $work/{chroot,engine}.log
	if [ "$strangers" = root ]; then new_tree chrooted; new_tree engined; fi # even the program may have been removed
	plan chrooted
	env -i PATH=/bin ${FUZZ_CROWDED:+FUZZ_CROWDED=1} FUZZ_SKIP="$FUZZ_SKIP" ${more:+FUZZ_MORE=1} ${strangers:+FUZZ_STRANGERS=$strangers} timeout -k 2 120 "$work/chroot" "${words[@]}" -- fuzz "$@" > "$work/chroot.log" 2>&1 < /dev/null
	plan engined
	if [ $self = yes ]; then env -i PATH=/bin ${FUZZ_CROWDED:+FUZZ_CROWDED=1} FUZZ_SKIP="$FUZZ_SKIP" ${more:+FUZZ_MORE=1} ${strangers:+FUZZ_STRANGERS=$strangers} timeout -k 2 120 "$work/chroot" "${words[@]}" -- fuzz "$@" > "$work/engine.log" 2>&1 < /dev/null; else
	( cd / && env -i PATH=/usr/bin:/bin ${FUZZ_CROWDED:+FUZZ_CROWDED=1} FUZZ_SKIP="$FUZZ_SKIP" ${more:+FUZZ_MORE=1} ${strangers:+FUZZ_STRANGERS=$strangers} timeout -k 2 300 setpriv --reuid="$uid" --regid="$gid" --groups="$gid" --inh-caps=-all $engine "${words[@]}" -- fuzz "$@" ) > "$work/engine.log" 2>&1 < /dev/null
	fi
	# what the engine says of its own mount points is not the tree's business
	# With strangers the disk does not hold what the guest sees: the log has it.
	if [ -n "$strangers" ]; then : > "$work/chroot.tree"; : > "$work/engine.tree"; return; fi
	( cd "$work/chrooted" && find root/f host -printf '%p %M %n %s %l\n' | sed -E '/^[^ ]+ d/s/ [0-9]+ $//' | sort ) > "$work/chroot.tree"
	( cd "$work/engined" && find root/f host -printf '%p %M %n %s %l\n' | sed -E '/^[^ ]+ d/s/ [0-9]+ $//' | sort ) > "$work/engine.tree"
}

same() { cmp -s "$work/chroot.log" "$work/engine.log"; }
alone() { # alone SEED STEPS WORKERS [STEP...]: true if it differs
	new_tree chrooted; new_tree engined
	run_both "$1" 1 "${@:2}"
	! same || ! cmp -s "$work/chroot.tree" "$work/engine.tree"
}

shrink() { # shrink SEED STEPS WORKERS: steps that still differ, in the array kept
	local chunk i try changed
	mapfile -t kept < <(seq 0 $(($2 - 1)))
	# nothing after the first difference matters
	local last
	last=$(diff "$work/chroot.log" "$work/engine.log" | sed -nE "s/^[<>] $1\.([0-9]+) .*/\1/p" | head -1)
	if [ -n "$last" ]; then try=("${kept[@]:0:$((last + 1))}"); alone "$1" "$2" "$3" "${try[@]}" && kept=("${try[@]}"); fi
	for ((chunk = ${#kept[@]} / 2; chunk >= 1; )); do
		changed=no
		for ((i = 0; i < ${#kept[@]}; i += chunk)); do
			try=("${kept[@]:0:i}" "${kept[@]:i+chunk}")
			[ ${#try[@]} -gt 0 ] || continue
			if alone "$1" "$2" "$3" "${try[@]}"; then kept=("${try[@]}"); changed=yes; i=$((i - chunk)); fi
		done
		[ $changed = yes ] && [ $chunk = 1 ] || chunk=$((chunk / 2))
	done
	alone "$1" "$2" "$3" "${kept[@]}"
}

first_difference() { # the first call which differs, as chroot and as the engine have it
	diff "$work/chroot.log" "$work/engine.log" | grep -aE '^[<>] [0-9]+[. ]' | awk '!seen[substr($0,1,1)]++' | cut -c1-250
}

report() { # report SEED STEPS WORKERS
	if [ $survey = yes ]; then first_difference | sort | tee -a "$work/survey" | sed 's/^/# (< chroot, > engine) /'; return; fi
	echo "not ok seed $1 [$mode]: engine and chroot differ"
	shrink "$1" "$2" "$3"
	echo "# shrunk to: fuzz.sh --mode $mode --seed $1 --steps $2 --workers $3 --only \"${kept[*]}\""
	echo "# for the regressions file: $1 $2 $3 ${kept[*]}"
	grep -aE "^$1\.[0-9]+ " "$work/chroot.log" | cut -c1-300 | sed 's/^/#   /'
	{ diff "$work/chroot.log" "$work/engine.log"; diff "$work/chroot.tree" "$work/engine.tree"; } | head -12 | cut -c1-300 | sed 's/^/# (< chroot, > engine) /'
}

if [ $regressions = yes ]; then
	bad=0 good=0
	while read -r line; do
		set -- ${line%%#*}
		strangers=''
		if [ "$1" = strangers ]; then strangers=yes; shift; fi
		if [ "$1" = root ]; then strangers=root; shift; fi
		more=''
		if [ "$1" = more ]; then more=yes; shift; fi
		[ $# -ge 3 ] || continue
		if alone "$@"; then
			bad=$((bad + 1)); echo "not ok regression $* [$mode]:${line#*#}"; diff "$work/chroot.log" "$work/engine.log" | grep '^[<>]' | head -4 | cut -c1-250 | sed 's/^/# /'
		else
			good=$((good + 1)); echo "ok regression $* [$mode]"
		fi
	done < "$here/regressions"
	echo "$good passed, $bad failed, 0 skipped"
	[ $bad = 0 ]; exit
fi
if [ -n "$only" ]; then
	if alone "$seed" "$steps" "$workers" $only; then
		echo "not ok seed $seed"; cat "$work/chroot.log"; diff "$work/chroot.log" "$work/engine.log"; diff "$work/chroot.tree" "$work/engine.tree"; exit 1
	fi
	cat "$work/chroot.log"; echo "ok seed $seed"; exit 0
fi

start=$(date +%s) found=0 ran=0 calls=0
[ -n "$seed" ] || seed=$((start % 100000000))
[ "$seconds" -gt 0 ] || [ "$seeds" -gt 0 ] || seeds=1
new_tree chrooted; new_tree engined
while :; do
	[ "$seeds" -gt 0 ] && [ $ran -ge "$seeds" ] && break
	[ "$seeds" -eq 0 ] && [ $(($(date +%s) - start)) -ge "$seconds" ] && break
	count=$batch
	[ "$seeds" -gt 0 ] && [ $((seeds - ran)) -lt $count ] && count=$((seeds - ran))
	run_both "$seed" "$count" "$steps" "$workers"; batch=$((batch < 25 ? batch * 2 : 25))
	calls=$((calls + $(grep -caE '^[0-9]+\.[0-9]+ ' "$work/chroot.log")))
	if same && cmp -s "$work/chroot.tree" "$work/engine.tree"; then seed=$((seed + count)); ran=$((ran + count)); continue; fi
	batch=2
	# the first seed whose part of the log differs
	cp "$work/chroot.log" "$work/batch.chroot.log"; cp "$work/engine.log" "$work/batch.engine.log"; { diff "$work/chroot.log" "$work/engine.log"; diff "$work/chroot.tree" "$work/engine.tree"; } > "$work/batch.diff"
	bad=$(cmp "$work/chroot.log" "$work/engine.log" 2>/dev/null | sed -nE 's/.* line ([0-9]+).*/\1/p')
	[ -n "$bad" ] || bad=$(($(wc -l < "$work/engine.log") + 1))
	bad_seed=$(head -n "$bad" "$work/chroot.log" | grep -aoE '^[0-9]+ start' | tail -1 | cut -d' ' -f1)
	bad_seed=${bad_seed:-$seed}
	if alone "$bad_seed" "$steps" "$workers"; then
		found=$((found + 1))
		report "$bad_seed" "$steps" "$workers"
		[ $all = yes ] || break
	else
		found=$((found + 1))
		echo "not ok seeds $seed..$bad_seed [$mode]: differ together, the last one alone does not"; head -6 "$work/batch.diff" | cut -c1-200 | sed "s/^/# /"
		[ $all = yes ] || break
	fi
	ran=$((ran + bad_seed - seed + 1)); seed=$((bad_seed + 1))
	new_tree chrooted; new_tree engined
done
if [ $survey = yes ] && [ -f "$work/survey" ]; then
	echo '# count, call, what the chroot says, what the engine says, an example'
	sed -E 's/^([<>]) ([0-9.]+) ([a-z0-9_]+)(.*) = (-1 )?([A-Za-z0-9]+).*/\1 \3 \6 \2 \3\4/' "$work/survey" |
		awk '$1=="<"{call=$2; want=$3; $1=$2=$3=""; example=$0} $1==">"{key=call" "want" "$3; n[key]++; if (!(key in ex)) ex[key]=example} END{for (k in n) print n[k], k, ex[k]}' | sort -rn
fi
[ $found != 0 ] || echo "ok $ran seeds from $((seed - ran)) on [$mode]"
echo "# $ran seeds, $calls calls compared, $found differing, mode $mode, $workers worker(s), $(($(date +%s) - start)) s"
[ $found = 0 ]
