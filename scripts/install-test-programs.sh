#!/bin/sh
# Installs the Debian programs that the tests use, when it is root and something is missing. Without root the
# tests that need a missing program skip, each saying which.
set -eu
packages="apache2-utils attr bubblewrap busybox-static bzip2 crun dante-server docker-registry fakechroot gcc gcc-aarch64-linux-gnu
  gdb git hyperfine libc6-dev make microsocks mmdebstrap musl-tools openssl patchelf podman procps proot runc
  skopeo squid strace tinyproxy tmux umoci uidmap util-linux xz-utils zstd"
missing=
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed, tests that need them will skip:$missing" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing
