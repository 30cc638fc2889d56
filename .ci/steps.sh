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

# The test of the demo opens its page in a real browser.
install_chromium() {
  local chromium=${CHROMIUM:-/usr/bin/chromium}
  [[ -x $chromium ]] && return
  if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "$chromium is missing (expected: Chromium); install it (apt-get install chromium), or say where it is in CHROMIUM" >&2
    exit 1
  fi
  step "installing Chromium, which the test of the demo opens its page with"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
}

# Real nodes are tested behind real proxies and at the end of a cable that is pulled.
install_network_tools() {
  local tool missing=()
  for tool in nginx haproxy ip iptables tc; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool")
  done
  # The clocks of nodes are wrong by a library, not by a program.
  compgen -G '/usr/lib*/*/faketime/libfaketimeMT.so.1' >/dev/null || missing+=(libfaketime)
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "${missing[*]}: missing (expected: on the PATH or in /usr/sbin); install them (apt-get install nginx-core haproxy iproute2 iptables libfaketime)" >&2
    exit 1
  fi
  step "installing ${missing[*]}, which the tests of proxies, of cables and of chaos use"
  # The tests start the proxies themselves: installing them must start no service.
  local policy=/usr/sbin/policy-rc.d made= outcome=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=yes
  fi
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-core haproxy iproute2 iptables libfaketime ||
    outcome=$?
  [[ -z $made ]] || rm "$policy"
  return $outcome
}
