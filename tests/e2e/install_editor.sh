#!/usr/bin/env bash
# Builds the real editor for the end-to-end tests: code-server (VS Code in a browser) from the
# npm registry, and prints its path. Does nothing if it is there already; with --check, never
# builds. Exit status 3: it cannot be had, and why.
set -euo pipefail

version=4.100.3
home="${OWNSTACK_E2E_HOME:-$HOME/.cache/ownstack-e2e}"
folder="$home/code-server-$version"
log="$home/install.log"
launcher="$folder/node_modules/code-server/out/node/entry.js"

cannot() {
  echo "No editor for the end-to-end tests: $*" >&2
  exit 3
}

if [ -f "$folder/complete" ]; then
  echo "$launcher"
  exit 0
fi

[ "${1:-}" = --check ] && cannot "it is not built; run tests/e2e/install_editor.sh"

for program in node npm npx python3 make g++ pkg-config rg; do
  command -v "$program" >/dev/null || cannot "$program is missing"
done
case "$(node -p 'process.versions.node.split(".")[0]')" in
  20) ;;
  *) cannot "code-server $version needs Node 20, this is $(node --version)" ;;
esac
libraries=(krb5-gssapi x11 xkbfile libsecret-1)
pkg-config --exists "${libraries[@]}" || cannot "one of the libraries ${libraries[*]} is missing \
(Debian: libkrb5-dev libx11-dev libxkbfile-dev libsecret-1-dev)"

# With the headers beside Node, node-gyp need not fetch them.
prefix="$(dirname "$(dirname "$(command -v node)")")"
[ -f "$prefix/include/node/node.h" ] && export npm_config_nodedir="$prefix"
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

mkdir -p "$home"
exec 9>"$home/lock"
flock -w 1800 9 || cannot "another installation holds $home/lock"
[ -f "$folder/complete" ] && { echo "$launcher"; exit 0; }

build() {
  rm -rf "$folder"
  mkdir -p "$folder"
  cd "$folder"
  echo '{"private": true}' >package.json
  npm install --ignore-scripts "code-server@$version"
  cd node_modules/code-server
  (cd node_modules/argon2 2>/dev/null || cd ../argon2
    npx -y @mapbox/node-pre-gyp@1 install --build-from-source)
  cd lib/vscode
  npm install --ignore-scripts --omit=dev
  mkdir -p node_modules/@vscode/ripgrep/bin
  cp "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
  npm rebuild kerberos @vscode/spdlog native-watchdog
  # A step after node-pty's compilation may fail; only what it compiled counts.
  npm rebuild node-pty || [ -f node_modules/node-pty/build/Release/pty.node ]
  ln -sfn node_modules node_modules.asar
  ln -sfn code-linux.sh bin/remote-cli/code-server
  ln -sfn browser-linux.sh bin/helpers/browser.sh
  (cd extensions && npm install --ignore-scripts --omit=dev)
  XDG_CONFIG_HOME="$folder" node "$launcher" --version # writes a default configuration
}

# Not `if ! build`: the shell would then no longer stop at the first error inside.
set +e
(set -e; build) >"$log" 2>&1
status=$?
set -e
if [ "$status" -ne 0 ]; then
  tail -n 15 "$log" >&2
  cannot "building code-server failed; the log is $log"
fi
touch "$folder/complete"
echo "$launcher"
