# Installs Debian packages that are missing. Sourced by the other scripts.

# What the build needs.
build_packages=(libssl-dev libzmq3-dev libsqlite3-dev pkg-config)

# What the commands need that `estuary up` prints.
client_packages=(curl openssl)

# install_missing PACKAGE…: installs those that are not there; quick when all are.
install_missing() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        install_elsewhere
        return
    fi
    local package missing=()
    for package in "$@"; do
        if [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Packages are missing, and there is no sudo. As root, run:" >&2
            echo "  apt-get update && apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing with apt: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
}

# No apt here: go on where the libraries are, and say what is needed where they are not.
install_elsewhere() {
    local folder header missing=()
    for header in openssl/crypto.h zmq.h sqlite3.h; do
        for folder in /usr/include /usr/local/include /opt/homebrew/include; do
            [ -e "$folder/$header" ] && continue 2
        done
        missing+=("$header")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "This machine has no apt, and these headers are not found: ${missing[*]}." >&2
    echo "Install the development files of OpenSSL 3, ZeroMQ 4.3 (with CURVE) and SQLite 3, and start again." >&2
    return 1
}

# require_swift: says what to do where there is no Swift.
require_swift() {
    command -v swift >/dev/null && return
    echo "Swift is not found. Install Swift 6.2 or newer: https://www.swift.org/install" >&2
    return 1
}
