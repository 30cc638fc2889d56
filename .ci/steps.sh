# What the scripts of this folder share; they run in the project's directory.

step() {
  printf '==> %s\n' "$*"
}

require() {
  if ! command -v "$1" >/dev/null; then
    echo "$1 is not on the PATH (expected: $2); install it and try again" >&2
    exit 1
  fi
}

# npm ci starts from nothing each time, so it runs only when the lock has changed since.
install_client_packages() {
  local installed=client-js-stub/node_modules/.installed-lock.json
  if ! cmp --silent client-js-stub/package-lock.json "$installed"; then
    step "fetching the packages of the client"
    (cd client-js-stub && npm ci --no-audit --no-fund --loglevel=error)
    cp client-js-stub/package-lock.json "$installed"
  fi
}
