#!/usr/bin/env bash
# Proves the fresh machine: in a minimal Debian 12 with nothing added but Node 20 and npm, a clean clone runs
# `npm ci && npm run swarm` and `npm ci && npm test`. Needs root, debootstrap and a Debian mirror.
#   npm run test:fresh            both commands
#   npm run test:fresh -- <cmd>   another command inside, for looking around
set -euo pipefail

fail() { echo "test:fresh: $*" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "needs debootstrap (apt-get install debootstrap)"
repository=$(git rev-parse --show-toplevel)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/cascade-swarm"
base="$cache/debian-12.tar"
root=$(mktemp -d "${TMPDIR:-/tmp}/cascade-fresh.XXXXXX")

# The npm scripts run on the pinned Node of node_modules: the host's own is what a person has.
host_path=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/node_modules/' | paste -sd:)
node=$(PATH=$host_path command -v node)
npm_folder=$(dirname "$(dirname "$(readlink -f "$(PATH=$host_path command -v npm)")")")

cleanup() {
  if mountpoint -q "$root/dev"; then umount --recursive --lazy "$root/dev"; fi
  if ! grep -q " $root" /proc/mounts; then rm -rf --one-file-system "$root"; fi
}
trap cleanup EXIT

step() { # name, command...
  local name=$1 started=$SECONDS; shift
  echo "== $name"
  "$@"
  echo "== $name: $((SECONDS - started)) s"
}

make_base() {
  [ -f "$base" ] && return
  mkdir -p "$cache"
  local mirror
  mirror=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1 | tr -d ' ' || true)
  [ -n "$mirror" ] || fail "the apt sources name no Debian mirror"
  debootstrap --variant=minbase bookworm "$root/base" "$mirror" >"$root/debootstrap.log" \
    || { tail -5 "$root/debootstrap.log" >&2; fail "debootstrap"; }
  tar -C "$root/base" -cf "$base.part" .
  mv "$base.part" "$base"
  rm -rf "$root/base"
}

fill_root() {
  tar -C "$root" -xf "$base"
  mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/node_modules"
  cp "$node" "$root/usr/local/bin/node"
  cp -r "$npm_folder" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  # Where packages come from is the machine's business, as is the way there.
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp -r /etc/apt/sources.list* "$root/etc/apt/" 2>/dev/null || true
  rm -f "$root"/etc/apt/sources.list.d/*node* "$root"/etc/apt/sources.list.d/*google*
  for file in "$HOME/.npmrc" /etc/npmrc; do [ -f "$file" ] && cp "$file" "$root/root/.npmrc"; done
  for file in /etc/ssl/certs/ca-certificates.crt; do
    [ -f "$file" ] && mkdir -p "$root$(dirname "$file")" && cp "$file" "$root$file"
  done
  if [ -d /etc/apt/apt.conf.d ]; then cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"; fi
  git clone --quiet --no-hardlinks "$repository" "$root/root/cascade-swarm"
  mount --rbind /dev "$root/dev"
  mount --make-rslave "$root/dev"
}

inside() { # a clean environment, but for how packages are reached
  local kept=() name
  for name in $(env | grep -oE '^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|NODE_EXTRA_CA_CERTS|npm_config_registry)=' || true); do
    name=${name%=}; kept+=("$name=${!name}")
  done
  [ -z "${NODE_EXTRA_CA_CERTS:-}" ] || { mkdir -p "$root$(dirname "$NODE_EXTRA_CA_CERTS")"; cp "$NODE_EXTRA_CA_CERTS" "$root$NODE_EXTRA_CA_CERTS"; }
  # Its own process numbers, and a /proc that shows those: nothing in there outlives this command.
  unshare --mount --pid --fork --kill-child bash -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${kept[@]}" \
    bash -c "cd /root/cascade-swarm && $1"
}

step "minimal Debian 12 (cached in $cache)" make_base
step "Node, npm and a clean clone" fill_root
inside 'for tool in git bwrap nats-server; do if command -v $tool; then echo "there is $tool"; exit 1; fi; done; echo "node $(node --version), npm $(npm --version); no git, bubblewrap, nats-server"'
if [ $# -gt 0 ]; then
  step "$*" inside "$*"
else
  step "npm ci && npm run swarm" inside 'npm ci && npm run swarm -- --once'
  rm -rf "$root/root/cascade-swarm" "$root/root/.cache"
  git clone --quiet --no-hardlinks "$repository" "$root/root/cascade-swarm"
  step "npm ci && npm test" inside 'npm ci && npm test'
fi
echo "fresh machine: passed"
