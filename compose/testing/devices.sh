# Devices, as curl and openssl play them. Sourced by compose/test.
# shellcheck shell=bash disable=SC2154

# One run's devices have other names than another's.
series=$(openssl rand -hex 3)

address() { compose port balancer 8443; }

# fetch OPERATION: what needs no credential.
fetch() {
    curl --silent --show-error --fail-with-body --max-time 10 --cacert "$work/trust-anchor.pem" \
        "https://localhost:$(address | sed 's/.*://')/.well-known/est/$1"
}

# Makes a device's key and request.
prepare() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
    openssl req -new -key "$work/$1.key" -subj "/CN=$1-$series" -outform DER | openssl base64 >"$work/$1.b64"
}

# attempt OPERATION NAME [SECRET]: one request; `status` is what came of it, 000 where no whole answer came, and `reason` then
# why: the exit status of curl.
attempt() {
    local credential=(--cert "$work/$2.pem" --key "$work/$2.key") port
    # The secret is on no command line.
    [ "$1" = simplereenroll ] || credential=(--config "$work/$2.curl")
    (umask 077 && printf 'user = ":%s"\n' "${3:-$(cat "$work/secret")}" >"$work/$2.curl")
    port=$(address | sed 's/.*://') || port=1
    status=$(curl --silent --max-time 20 --cacert "$work/trust-anchor.pem" "${credential[@]}" \
        --header 'Content-Type: application/pkcs10' --data-binary "@$work/$2.b64" \
        --dump-header "$work/$2.head" --output "$work/$2.answer" --write-out '%{http_code}' \
        "https://localhost:${port:-1}/.well-known/est/$1") && reason=0 || reason=$?
    if [ "$reason" != 0 ] && [ "$status" = 200 ]; then status=000; fi
}

# obtain OPERATION NAME: tries as a device does, as long as it is told to wait or nobody answers. 1: it was refused, and
# got something that is no answer; 2: nothing but that for 60 s.
obtain() {
    local limit=$((SECONDS + 60)) pause
    while :; do
        attempt "$1" "$2"
        case $status in
        200) break ;;
        000)
            # The connection was refused, ended or reset, while TLS was begun too. In 20 s a device has an answer, but where
            # something was killed.
            case $reason in
            7 | 18 | 35 | 52 | 55 | 56) pause=0.3 ;;
            28)
                pause=0
                [ "${is_load:-}" != true ] || { echo "$2 got no answer for 20 s." >&2; return 1; }
                ;;
            *) echo "$2 got no answer: curl ended with $reason." >&2; return 1 ;;
            esac
            ;;
        503)
            pause=$(sed --quiet 's/^[Rr]etry-[Aa]fter: *\([0-9]*\).*/\1/p' "$work/$2.head")
            [ -n "$pause" ] || { echo "$2 got 503 and no time to come back." >&2; return 1; }
            ;;
        *)
            echo "$2 got $status: $(cat "$work/$2.answer")" >&2
            return 1
            ;;
        esac
        [ $SECONDS -lt $limit ] || { echo "$2 was not served within 60 s; the last answer: $status." >&2; return 2; }
        sleep "$pause"
    done
    accept "$2"
}

# Takes the certificate of an answer, where it is the device's and verifies.
accept() {
    [ -s "$work/cacerts.pem" ] || fetch cacerts | certificates >"$work/cacerts.pem" || return 1
    certificates <"$work/$1.answer" >"$work/$1.new" &&
        openssl verify -CAfile "$work/trust-anchor.pem" -untrusted "$work/cacerts.pem" "$work/$1.new" >/dev/null &&
        cmp <(openssl x509 -in "$work/$1.new" -noout -pubkey) <(openssl pkey -in "$work/$1.key" -pubout) &&
        mv "$work/$1.new" "$work/$1.pem"
}

# The certificates of an answer, as PEM.
certificates() { openssl base64 -d | openssl pkcs7 -inform DER -print_certs; }

enroll() {
    prepare "$1"
    obtain simpleenroll "$1"
}

renew() {
    local before
    before=$(openssl x509 -in "$work/$1.pem" -noout -serial)
    obtain simplereenroll "$1"
    if [ "$(openssl x509 -in "$work/$1.pem" -noout -serial)" = "$before" ]; then
        echo "$1 has the certificate that it had." >&2
        return 1
    fi
}
