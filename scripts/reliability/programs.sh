# Finds or builds the programs that the reliability scripts start. Sourced by them; needs $root.
source "$root/scripts/packages.sh"

# programs_for OPTION…: sets `programs` to the option that names the folder, unless the caller gave it.
programs_for() {
    local option
    for option in "$@"; do
        case $option in
            --programs | --programs=*)
                programs=()
                return
                ;;
            -h | --help)
                # Nothing is started.
                programs=(--programs /)
                return
                ;;
        esac
    done
    require_swift
    install_missing "${build_packages[@]}" python3 curl iproute2
    echo "Building (the first time takes some minutes) …" >&2
    swift build --package-path "$root" -c release >&2
    programs=(--programs "$(swift build --package-path "$root" -c release --show-bin-path)")
}
