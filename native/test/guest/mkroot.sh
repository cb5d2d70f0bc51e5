#!/bin/bash
# Makes the small guest tree the programs run in: the host's C library and a busybox, nothing else,
# so that a fresh machine with gcc alone can run the tests. Usage: mkroot.sh ROOT PROGRAMS-DIR
set -e
root=$1 programs=$2
mkdir -p "$root"/{bin,lib,lib64,usr,etc,tmp,proc,dev,sys,tests,work,mnt,links}
chmod 1777 "$root/tmp"
ln -sfn ../bin "$root/usr/bin"
ln -sfn ../lib "$root/usr/lib"
for library in $(ldd /bin/sh /bin/ls /usr/bin/env | awk '/=> \//{print $3} /^\t\//{print $1}' | sort -u); do
	mkdir -p "$root$(dirname "$library")"
	cp -L "$library" "$root$library"
done
for library in libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 libgcc_s.so.1; do
	path=$(gcc -print-file-name=$library)
	[ "$path" = "$library" ] || cp -L "$path" "$root/lib/$(gcc -print-multiarch)/" 2>/dev/null || true
done
[ -e /usr/lib/x86_64-linux-musl/libc.so ] && cp -L /usr/lib/x86_64-linux-musl/libc.so "$root/lib/ld-musl-x86_64.so.1"
cp -L /bin/sh /bin/ls /bin/cat /bin/sleep /usr/bin/env /bin/true /bin/false "$root/bin/"
printf 'root:x:0:0:root:/root:/bin/sh\nlab:x:1001:1001::/:/bin/sh\n' > "$root/etc/passwd"
printf 'root:x:0:\nlab:x:1001:\n' > "$root/etc/group"
printf 'guest\n' > "$root/etc/marker"
ln -sfn /etc/marker "$root/links/absolute"
ln -sfn ../etc/marker "$root/links/relative"
ln -sfn /etc "$root/links/dir"
ln -sfn loop "$root/links/loop"
ln -sfn /mnt/rw "$root/links/bind"
rm -f "$root"/tests/*
cp "$programs"/* "$root/tests/"
