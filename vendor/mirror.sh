# shellcheck shell=bash
# Where Debian's archive is, and how to load a file from it. Sourced by vendor/fetch and vendor/update.

# The archives to try, one a line: $LUALAMBDA_MIRROR, else the Debian archives that this machine's apt is set up with,
# as apt itself reads its sources. Where it has loaded their indexes it knows them by label; else by their address.
mirrors() {
  if [[ -n ${LUALAMBDA_MIRROR:-} ]]; then
    echo "$LUALAMBDA_MIRROR"
  elif command -v apt-get > /dev/null; then
    # shellcheck disable=SC2016 # the fields are apt's
    {
      apt-get indextargets --format '$(LABEL)|$(REPO_URI)' | sed -n 's/^Debian|//p'
      apt-get --print-uris update | sed -nE "s#^'(.*/debian(\.list)?)/dists/.*#\1#p"
    } 2> /dev/null
  fi | while read -r uri; do
    case $uri in
      mirror+file:*) grep -oE '^[a-z]+://[^[:space:]]+' "${uri#mirror+file:}" ;;
      *) echo "$uri" ;;
    esac
  done | sed 's#/*$##' | awk '!seen[$0]++'
}

# download URL FILE — the way apt does it, with apt's proxies, where there is apt. Errors go to stderr.
download() {
  local apt_helper=/usr/lib/apt/apt-helper
  if [[ -x $apt_helper ]]; then
    "$apt_helper" -qq -o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=3 download-file "$1" "$2"
  else
    curl -fsSL --retry 3 -o "$2" "$1"
  fi < /dev/null
}

no_mirror() { echo "this machine's apt names no Debian archive; set LUALAMBDA_MIRROR to the address of one"; }
