#!/usr/bin/env bash
# Deploys things.
set -euo pipefail
source ./lib/common.sh
. "$HOME/.env"

readonly TARGET="prod"
export REGION=eu
count=0

# Builds it.
build() {
  local name="$1"
  docker build -t "$name" .
  count=$((count + 1))
}

function deploy_all {
  build "$TARGET"
  for host in a b; do push "$host"; done
}

alias ll='ls -l'
deploy_all "$@"
