#!/usr/bin/env bash
# Proves the fresh machine: in a minimal Debian 12 to which only this machine's Node and npm are added, somebody who
# is not root clones the last commit and runs the README's commands, `npm ci && npm run swarm -- --once` and
# `npm ci && npm test`, each in a machine of its own. Needs root, debootstrap, git and a Debian mirror.
#   npm run test:fresh              both commands
#   npm run test:fresh -- '<cmd>'   another command instead, for looking around
# DEBIAN_MIRROR names a mirror other than the one of this machine's apt sources.
set -euo pipefail

fail() {
  echo "test:fresh: $*" >&2
  exit 2
}

[ "$(id -u)" = 0 ] || fail "needs root: debootstrap and chroot work for nobody else"
for tool in debootstrap git unshare; do
  command -v "$tool" >/dev/null || fail "needs $tool (apt-get install debootstrap git util-linux)"
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(git -C "$here" rev-parse --show-toplevel)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/cascade-swarm"
base="$cache/debian-12.tar"
work=$(mktemp -d "${TMPDIR:-/tmp}/cascade-fresh.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# An npm script has the pinned Node of node_modules first on its PATH: wanted is the one that the machine has.
PATH=$(tr ':' '\n' <<<"$PATH" | grep -v '/node_modules/' | paste -sd:)
node=$(command -v node) || fail "this machine has no node to copy"
npm=$(command -v npm) || fail "this machine has no npm to copy"

# The first address of a Debian archive in the machine's apt sources, in either of their two formats.
mirror_of_this_machine() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    sed 's/#.*//' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' '
}
mirror=${DEBIAN_MIRROR:-$(mirror_of_this_machine || true)}
[ -n "$mirror" ] || fail "the apt sources of this machine name no Debian mirror: set DEBIAN_MIRROR"

step() { # name, command...
  local name=$1 started=$SECONDS
  shift
  echo "== $name"
  "$@"
  echo "== $name: $((SECONDS - started)) s"
}

make_base() {
  mkdir -p "$cache"
  if ! debootstrap --variant=minbase bookworm "$work/base" "$mirror" >"$work/debootstrap.log" 2>&1; then
    tail -n 20 "$work/debootstrap.log" >&2
    fail "debootstrap failed with $mirror"
  fi
  rm -f "$work"/base/var/cache/apt/archives/*.deb
  tar -C "$work/base" -cf "$base.part" .
  mv "$base.part" "$base"
  rm -rf "$work/base"
}

make_machine() {
  rm -rf --one-file-system "$work/root"
  mkdir "$work/root"
  tar -C "$work/root" -xf "$base"
  chroot "$work/root" useradd --create-home --shell /bin/bash person
  add_node
  add_way_to_packages
  git clone --quiet --no-hardlinks "$repository" "$work/root/home/person/cascade-swarm"
  chroot "$work/root" chown -R person: /home/person
}

add_node() {
  local modules="$work/root/usr/local/lib/node_modules" library
  mkdir -p "$modules"
  cp "$(readlink -f "$node")" "$work/root/usr/local/bin/node"
  for library in $(ldd "$node" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }'); do # newer ones need libatomic
    if [ ! -e "$work/root$library" ]; then install -D "$library" "$work/root$library"; fi
  done
  cp -r "$(dirname "$(dirname "$(readlink -f "$npm")")")" "$modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$work/root/usr/local/bin/npx"
}

# How packages are reached is this machine's business: names, proxies, registry, certificates.
add_way_to_packages() {
  local root="$work/root" file
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  echo "deb $mirror bookworm main" >"$root/etc/apt/sources.list"
  { apt-config dump 2>/dev/null || true; } | { grep -iE '^Acquire::https?::' || true; } >"$root/etc/apt/apt.conf.d/80this-machine"
  file=$(npm config get globalconfig 2>/dev/null)
  if [ -f "$file" ]; then install -D -m 644 "$file" "$root/usr/local/etc/npmrc"; fi
  file=$(npm config get userconfig 2>/dev/null)
  if [ -f "$file" ]; then install -m 600 "$file" "$root/home/person/.npmrc"; fi
  for file in "$(npm config get cafile 2>/dev/null)" "${NODE_EXTRA_CA_CERTS:-}"; do
    if [ -f "$file" ]; then install -D -m 644 "$file" "$root$file"; fi
  done
}

# Runs $1 as `person` in the clone, with mounts and process numbers of its own: nothing of it outlives it.
inside() {
  local kept=() name
  for name in {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY NODE_EXTRA_CA_CERTS npm_config_registry; do
    if [ -n "${!name:-}" ]; then kept+=("$name=${!name}"); fi
  done
  unshare --mount --pid --fork --kill-child bash "$here/enter.sh" "$work/root" \
    env -i HOME=/home/person USER=person LANG=C.UTF-8 TERM=dumb PATH=/usr/local/bin:/usr/bin:/bin "${kept[@]}" \
    bash -c "set -e; cd ~/cascade-swarm; $1"
}

assert_fresh='
for tool in git bwrap nats-server docker python3 gcc curl; do
  if command -v "$tool"; then echo "not a fresh machine: there is $tool" >&2; exit 1; fi
done
[ "$(id -u)" != 0 ]
node=$(node --version)
npm=$(npm --version 2>/dev/null)
echo "Debian $(cat /etc/debian_version), node $node, npm $npm, as $(whoami);"
echo "no git, bubblewrap, nats-server, docker, python, compiler, curl"'

prove() { # command
  step "a machine" make_machine
  inside "$assert_fresh"
  step "$1" inside "$1"
}

echo "commit $(git -C "$repository" log -1 --format='%h %s')"
[ -z "$(git -C "$repository" status --porcelain)" ] || echo "what is not committed is not tried"
if [ -f "$base" ]; then
  echo "minimal Debian 12: $base"
else
  step "minimal Debian 12 from $mirror, kept as $base" make_base
fi
if [ $# -gt 0 ]; then
  prove "$*"
else
  prove 'npm ci && npm run swarm -- --once'
  prove 'npm ci && npm test'
fi
echo "fresh machine: passed in $SECONDS s"
