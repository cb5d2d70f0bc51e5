#!/bin/bash
# Runs the guest programs in an engine for another CPU, or under another kernel than this host's: Debian's, in a virtual
# machine that is emulated. Slow: not part of the usual tests.
#   run.sh ENGINE aarch64|x86_64 [--release NAME] [--cpu MODEL] [--pages 4k|16k] [--kernel IMAGE] [--mode trap|rewrite]
#          [--libc glibc|musl] [--files memory|nfs] [--only PATTERN] [--work DIR] [--timeout S]
# --release: the Debian release whose kernel is used, such as bullseye for Linux 5.10; --cpu: as qemu calls it, such as
# Nehalem for one that knows little; --pages 16k: a kernel with such pages (aarch64, from trixie on); --kernel: one of your
# own, such as one with pages of 64 KiB (kernel-64k.config); --libc: what the programs are built with; --files nfs:
# containers and binds lie on an NFS 4.2 mount, which the machine gives to itself from an ext2 disk: no birth times, no
# blocks to reserve, inode numbers that are used again. Needs qemu-system-arm or qemu-system-x86, cpio, a compiler for
# static programs of that CPU (gcc-aarch64-linux-gnu with libc6-dev-arm64-cross), and a Debian archive for kernel, busybox
# and musl.
# Programs that say something of x86 alone do not build for aarch64 and are left out.
here=$(cd "$(dirname "$0")" && pwd)
shopt -s extglob
engine=$1 machine=$2 release='' model=max mode=trap files=memory pages=4k image='' libc=glibc only='*' work='' limit=1800
shift 2
while [ $# -gt 0 ]; do
	case $1 in
	--release) release=$2; shift 2 ;;
	--cpu) model=$2; shift 2 ;;
	--mode) mode=$2; shift 2 ;;
	--files) files=$2; shift 2 ;;
	--pages) pages=$2; shift 2 ;;
	--kernel) image=$2; shift 2 ;;
	--libc) libc=$2; shift 2 ;;
	--only) only=$2; shift 2 ;;
	--work) work=$2; shift 2 ;;
	--timeout) limit=$2; shift 2 ;;
	*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
	esac
done
case $machine in
aarch64) debian=arm64 console=ttyAMA0 options="-machine virt -cpu $model"; [ "$model" != max ] || options+=,pauth=off ;;
x86_64) debian=amd64 console=ttyS0 options="-cpu $model" ;;
*) echo "run.sh: no machine $machine" >&2; exit 2 ;;
esac
case $machine/$pages in
*/4k) flavour='' ;;
aarch64/16k) flavour=-16k; : "${release:=trixie}" ;;
*) echo "run.sh: no kernel for $machine with pages of $pages" >&2; exit 2 ;;
esac
: "${release:=bookworm}"
compiler=$machine-linux-gnu-gcc
for tool in $compiler qemu-system-$machine cpio apt-get; do
	command -v $tool > /dev/null || { echo "skip $machine: $tool is missing"; exit 0; }
done
if [ -z "$work" ]; then work=$(mktemp -d /tmp/vm-tests.XXXXXX); trap 'rm -rf "$work"' EXIT; fi
work=$work/$machine-$release$flavour
mkdir -p "$work"/{apt/lists/partial,apt/cache/archives/partial,deb,programs}

# Packages of the other machine, without touching this one's own lists.
touch "$work/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $release main" > "$work/apt/sources.list"
apt=(-o APT::Architecture=$debian -o APT::Architectures=$debian -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status"
	-o Dir::Cache="$work/apt/cache" -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=/nonexistent
	-o APT::Sandbox::User=root)
if ! ls "$work"/deb/linux-image-*.deb > /dev/null 2>&1; then
	apt-get "${apt[@]}" -qq update || { echo "skip $machine: no Debian archive can be reached"; exit 0; }
	kernel=$(apt-cache "${apt[@]}" depends linux-image-$debian$flavour | awk '/Depends: linux-image-/{print $2; exit}')
	( cd "$work/deb" && apt-get "${apt[@]}" -qq download busybox-static "$kernel" ) || exit 2
	dpkg-deb -x "$work"/deb/busybox-static_*.deb "$work/busybox"
	dpkg-deb -x "$work"/deb/linux-image-*.deb "$work/kernel"
fi
if [ "$libc" = musl ] && [ ! -d "$work/musl" ]; then
	( cd "$work/deb" && apt-get "${apt[@]}" -qq download musl-dev ) && dpkg-deb -x "$work"/deb/musl-dev_*.deb "$work/musl" || exit 2
fi

$compiler -O1 -static -o "$work/as-user" "$here/as-user.c" || exit 2
tree="$work/tree" root="$work/tree/c"
rm -rf "$tree"
mkdir -p "$tree"/{bin,proc,dev,sys,tmp,state} "$root"/{bin,lib,usr,etc,tmp,proc,dev,sys,tests,work,mnt/{rw,ro},links} "$tree"/host/{rw/sub,rw/nested,ro/sub,nested/inner}
busybox=$(find "$work/busybox" -path '*/bin/busybox' -type f)
cp "$busybox" "$tree/bin/busybox"; cp "$busybox" "$root/bin/busybox"; cp "$engine" "$tree/bin/engine"; cp "$engine" "$root/tests/engine-itself"; cp "$work/as-user" "$tree/bin/"; chmod 755 "$tree/bin/engine" "$root/tests/engine-itself"
for name in sh ls cat sleep env true false; do ln "$root/bin/busybox" "$root/bin/$name"; done
ln -s ../bin "$root/usr/bin"
printf 'root:x:0:0:root:/root:/bin/sh\nlab:x:1001:1001::/:/bin/sh\n' > "$root/etc/passwd"; cp "$root/etc/passwd" "$tree/etc-passwd"
printf 'root:x:0:\nlab:x:1001:\n' > "$root/etc/group"
printf 'guest\n' > "$root/etc/marker"
for link in absolute:/etc/marker relative:../etc/marker dir:/etc loop:loop bind:/mnt/rw; do ln -s "${link#*:}" "$root/links/${link%%:*}"; done
compile() { # compile PROGRAM SOURCE: static, with the C library that was asked for
	if [ "$libc" = glibc ]; then
		$compiler -O1 -w -pthread -static -o "$1" "$2" -lutil
	else
		local lib=$work/musl/usr/lib/$machine-linux-musl
		$compiler -O1 -w -pthread -static -nostdinc -isystem "$work/musl/usr/include/$machine-linux-musl" -isystem "$($compiler -print-file-name=include)" \
			-idirafter /usr/$machine-linux-gnu/include -idirafter /usr/include/$machine-linux-gnu -idirafter /usr/include \
			-nostdlib -no-pie -o "$1" "$lib/crt1.o" "$lib/crti.o" "$2" "$lib/libc.a" "$($compiler -print-libgcc-file-name)" \
			"$($compiler -print-file-name=libgcc_eh.a)" "$lib/libc.a" "$lib/crtn.o"
	fi
}
for source in "$here"/../guest/*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2254
	case $name in $only) ;; *) continue ;; esac
	program=$work/programs/$name.$libc
	[ "$program" -nt "$source" ] || compile "$program" "$source" 2> /dev/null || { echo "skip $name: does not build for $machine"; continue; }
	cp "$program" "$root/tests/$name.static"
	identity=$(sed -n 's,^// identity: ,,p' "$source") words=$(sed -n 's,^// plan: ,,p' "$source") args=$(sed -n 's,^// args: ,,p' "$source")
	grep -q '^// owners: yes\|^// again: \|^// moved: \|^// engine: ' "$source" && continue
	case $identity in
	'') user='1001 1001 1001 root-emulation off' ;;
	root) user='0 0 0 root-emulation on' ;;
	*) user="${identity//:/ } root-emulation on" ;;
	esac
	echo "one $name '$user' '$words' '$args'" >> "$tree/list"
done
if [ "$files" = nfs ]; then
	version=$(basename "$(find "$work/kernel/lib/modules" -mindepth 1 -maxdepth 1)")
	mkdir -p "$tree/modules"
	depmod -b "$work/kernel" "$version"
	rm -f "$work/disk"; truncate -s 400M "$work/disk"; mke2fs -q -t ext2 -I 128 -N 40000 "$work/disk" && gzip -1 < "$work/disk" > "$tree/disk.gz"
	for module in loop ext4 crc32c_generic nfsd nfsv4; do modprobe -d "$work/kernel" -S "$version" --show-depends $module; done 2> /dev/null |
		awk '$1 == "insmod" && !seen[$2]++ {print $2}' | while read -r file; do cp "$file" "$tree/modules/" && basename "$file"; done > "$tree/modules/order"
fi
cat > "$tree/init" << 'INIT'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t devtmpfs dev /dev; mount -t sysfs sys /sys
mkdir -p /etc /dev/pts /dev/shm; mount -t devpts pts /dev/pts; mount -t tmpfs shm /dev/shm; mv /etc-passwd /etc/passwd
mount -t tmpfs t /run 2> /dev/null; mkdir -p /t
ip link set lo up
if [ -d /modules ]; then
	for module in $(cat /modules/order); do insmod /modules/$module || echo "no $module"; done
	mkdir -p /srv /disk /var/lib/nfs/v4recovery
	mount -t tmpfs disk /disk; gunzip < /disk.gz > /disk/image; mount -t ext4 -o loop /disk/image /srv
	mount -t nfsd nfsd /proc/fs/nfsd
	# What exportfs and mountd would say: one client, one export, the root of NFS 4.
	echo 10 > /proc/fs/nfsd/nfsv4leasetime; echo 10 > /proc/fs/nfsd/nfsv4gracetime; echo '-2 -3 +4 +4.1 +4.2' > /proc/fs/nfsd/versions
	echo "tcp 2049" > /proc/fs/nfsd/portlist; echo 4 > /proc/fs/nfsd/threads
	later=$(($(date +%s) + 100000))
	echo "nfsd 127.0.0.1 $later 127.0.0.1" > /proc/net/rpc/auth.unix.ip/channel
	echo "127.0.0.1 /srv $later $((2 + 16 + 1024 + 2048 + 8192)) 65534 65534 0" > /proc/net/rpc/nfsd.export/channel
	echo "127.0.0.1 1 \\x00000000 $later /srv" > /proc/net/rpc/nfsd.fh/channel
	mount -t nfs4 -o vers=4.2,addr=127.0.0.1,clientaddr=127.0.0.1,sec=sys 127.0.0.1:/ /t || echo 'no NFS'
else
	mount -t tmpfs -o size=600m t /t
fi
cp -a /c /host /state /t/; chmod 1777 /t/c/tmp
ln -sf /proc/self/fd /dev/fd; ln -sf /proc/self/fd/0 /dev/stdin; ln -sf /proc/self/fd/1 /dev/stdout
passed=0 failed=0 skipped=0 mode=$(cat /mode)
cd /
one() {
	rm -rf /t/c/work /t/state /t/c/mnt /t/host; mkdir -p /t/c/work /t/state /t/c/mnt/rw /t/c/mnt/ro; cp -a /host /t/host
	: > /t/c/mnt/file; : > /t/c/mnt/rofile
	cd /t/host; echo rw > rw/marker; echo ro > ro/marker; echo sub > ro/sub/marker; echo nested > nested/marker; echo file > file; echo rofile > rofile; echo absent > nested/inner/marker
	ln -s /etc/marker rw/to-root; ln -s ../../etc/marker rw/up; ln -s marker rw/inside; cd /
	chown -hR 1001:1001 /t/c /t/host /t/state
	env -i PATH=/bin HOME=/ TERM=dumb GUEST_MARK=1 timeout -s KILL 240 /bin/as-user /bin/engine plan1 root /t/c exec /tests/$1.static \
		bind /proc /proc rw bind /dev /dev rw bind /sys /sys rw bind /t/host/rw /mnt/rw rw bind /t/host/ro /mnt/ro ro bind /t/host/nested /mnt/rw/nested rw \
		bind /t/host/file /mnt/file rw bind /t/host/rofile /mnt/rofile ro bind /t/host/nested/inner /mnt/absent/deep/point rw \
		cwd /work user $2 state /t/state $3 mode $mode -- /tests/$1.static $4 > /t/out 2> /t/err < /dev/null
	status=$?
	case $status in
	0) passed=$((passed + 1)); echo "ok $1" ;;
	77) skipped=$((skipped + 1)); echo "skip $1: $(tail -1 /t/out)" ;;
	*) failed=$((failed + 1)); echo "not ok $1: exit status $status: $(tail -1 /t/out) $(head -c 300 /t/err | tr '\n' ' ')" ;;
	esac
}
echo "$(uname -sr), pages of $(awk '/^KernelPageSize/ {print $2; exit}' /proc/self/smaps) KiB"
echo "engine: $(/bin/as-user /bin/engine probe 2>&1)"
. /list
echo "$passed passed, $failed failed, $skipped skipped"
poweroff -f
INIT
echo "$mode" > "$tree/mode"
chmod 755 "$tree/init"
( cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1 ) > "$work/initramfs.gz" || exit 2
# shellcheck disable=SC2086
: "${image:=$(find "$work/kernel" -name 'vmlinuz*')}"
timeout "$limit" qemu-system-$machine $options -smp 2 -m 3072 -nographic -no-reboot -nic none -kernel "$image" \
	-initrd "$work/initramfs.gz" -append "console=$console quiet panic=-1 rdinit=/init" < /dev/null | stdbuf -oL tr -d '\r' | tee "$work/log"
grep -q ' 0 failed' "$work/log"
