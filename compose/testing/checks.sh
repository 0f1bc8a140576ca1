# What compose/test looks at. Sourced by it.
# shellcheck shell=bash disable=SC2154

# fail TEXT…: says what is wrong.
fail() {
    echo "$*" >&2
    return 1
}

# event_of NAME: the newest event of a device of this run.
event_of() { operate audit list --json --type issued --limit 100 | grep "CN=$1-$series" | head -1; }

is_in_log() { event_of "$1" | grep .; }

# Not the balancer's address, but whose connection it passed on: this machine's, as the containers see it.
check_client_address() {
    local gateway seen
    gateway=$(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' "${COMPOSE_PROJECT_NAME}_devices")
    wait_until 30 is_in_log "$1"
    seen=$(event_of "$1" | sed 's/.*"remote_address":"\([^"]*\)".*/\1/')
    echo "The device is at $gateway; the event says $seen."
    [ "$seen" = "$gateway" ]
}

# check_fact CONTAINER WHAT TEMPLATE VALUE: what the engine says of it.
check_fact() {
    local value
    value=$(docker inspect --format "$3" "$1")
    [ "$value" = "$4" ] || fail "$(docker inspect --format '{{.Name}}' "$1"): $2 is '$value', not '$4'."
}

# Every container of the cluster: what the engine was told, and what its process is.
check_containers() {
    local id service pid
    for id in $(compose ps --quiet); do
        check_fact "$id" "the root file system's being read-only" '{{.HostConfig.ReadonlyRootfs}}' true
        check_fact "$id" "what is dropped" '{{.HostConfig.CapDrop}}' '[ALL]'
        check_fact "$id" "what is added" '{{.HostConfig.CapAdd}}' '[]'
        check_fact "$id" "privilege" '{{.HostConfig.Privileged}}' false
        check_fact "$id" "the restart policy" '{{.HostConfig.RestartPolicy.Name}}' unless-stopped
        check_fact "$id" "the log's size" '{{index .HostConfig.LogConfig.Config "max-size"}}' 10m
        check_fact "$id" "a limit of the memory" '{{gt .HostConfig.Memory 0}}' true
        check_fact "$id" "health" '{{.State.Health.Status}}' healthy
        service=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
        pid=$(docker inspect --format '{{.State.Pid}}' "$id")
        echo "$service $pid"
    done >"$work/processes"
    # As the kernel sees them.
    docker run --rm --interactive --pid host --network none --user 0:0 --read-only --cap-drop ALL --cap-add SYS_PTRACE \
        --entrypoint /bin/bash estuary/tools:test -c '
while read -r service pid; do
    user=$(grep --max-count 1 "^Uid:" "/proc/$pid/status" | tr -s "\t" " ")
    capabilities=$(sed --quiet "s/^CapEff:\t//p" "/proc/$pid/status")
    privileges=$(sed --quiet "s/^NoNewPrivs:\t//p" "/proc/$pid/status")
    root=$(grep --max-count 1 " / / " "/proc/$pid/mountinfo" | cut --delimiter " " --fields 6 | cut --delimiter , --fields 1)
    echo "$service: $user, capabilities $capabilities, no new privileges $privileges, root file system $root"
done' <"$work/processes" | tee "$work/seen"
    if [ "$(wc --lines <"$work/seen")" -ne "$(wc --lines <"$work/processes")" ] || grep --invert-match --extended-regexp \
        'Uid: (100[0-9]{2}) \1 \1 \1, capabilities 0+, no new privileges 1, root file system ro$' "$work/seen"; then
        fail "That is not what it should be."
    fi
    # The signer and the frontends have nothing to run but themselves.
    for service in signer auditor frontend; do
        docker export "$(container $service)" | tar --list | grep --invert-match '/$' >"$work/files"
        if grep --extended-regexp '^(usr/)?s?bin/' "$work/files" | grep --invert-match --line-regexp "usr/bin/estuary-$service"; then
            fail "The image of the $service has more programs than that."
        fi
        grep --quiet --line-regexp "usr/bin/estuary-$service" "$work/files"
        echo "The image of the $service has $(wc --lines <"$work/files") files, and one program."
    done
}

# A frontend has its own volume and the invitation; and no private key in it but its own.
check_frontends() {
    local id mounts found certificate
    rm -rf "$work/authorities" && mkdir "$work/authorities"
    fetch cacerts | certificates | csplit --quiet --elide-empty-files --prefix "$work/authorities/" - '/^subject/' '{*}'
    [ "$(find "$work/authorities" -type f | wc --lines)" -ge 2 ] || fail "There should be a root and an issuing CA."
    for id in $(compose ps --quiet frontend); do
        mounts=$(docker inspect --format '{{range .Mounts}}{{println .Destination .RW}}{{end}}' "$id" | sort | grep .)
        [ "$mounts" = $'/run/estuary/invitation false\n/var/lib/estuary/frontend true' ] ||
            fail "A frontend has other volumes: $mounts"
        # All that it can read: its image and its volumes.
        rm -rf "$work/frontend" && mkdir "$work/frontend" "$work/frontend/image"
        docker export "$id" | tar --extract --directory "$work/frontend/image" --exclude 'dev/*'
        docker cp --quiet "$id:/var/lib/estuary/frontend" "$work/frontend/own"
        docker cp --quiet "$id:/run/estuary/invitation" "$work/frontend/invitation"
        found=$(cd "$work/frontend" && grep --recursive --files-with-matches 'PRIVATE KEY-' . | grep --invert-match '^./image/usr/bin/')
        [ "$found" = ./own/tls.key ] || fail "A frontend should have one private key, its own: $found"
        for certificate in "$work"/authorities/*; do
            if cmp --silent <(openssl x509 -in "$certificate" -noout -pubkey) \
                <(openssl pkey -in "$work/frontend/own/tls.key" -pubout); then
                fail "A frontend has a CA's key."
            fi
        done
        [ -z "$(find "$work/frontend" -name '*ledger*' -o -name authorities -o -name policy.yaml)" ] ||
            fail "A frontend has files of the signer's."
    done
}

# check_reach NETWORK ADDRESS PORT EXPECTED: whether a container of that network gets a connection: `open` or `closed`.
check_reach() {
    local found
    found=$(docker run --rm --network "${COMPOSE_PROJECT_NAME}_$1" --cap-drop ALL --read-only --entrypoint /bin/bash \
        estuary/tools:test -c "if timeout 3 bash -c 'exec 3<>/dev/tcp/$2/$3' 2>/dev/null; then echo open; else echo closed; fi")
    [ "$found" = "$4" ] || fail "From the network $1, port $3 of $2 is '$found', not '$4'."
}

check_networks() {
    local id address network
    id=$(container signer)
    # shellcheck disable=SC2016
    check_fact "$id" "the signer's networks" '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' \
        "${COMPOSE_PROJECT_NAME}_signing "
    check_fact "$id" "what the signer publishes" '{{len .HostConfig.PortBindings}}' 0
    for network in signing edge monitoring; do
        [ "$(docker network inspect --format '{{.Internal}}' "${COMPOSE_PROJECT_NAME}_$network")" = true ] ||
            fail "The network $network is not internal."
    done
    address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$id")
    # Somebody reaches it: else what follows would show nothing.
    check_reach signing "$address" 7601 open
    for network in devices edge operators monitoring; do check_reach "$network" "$address" 7601 closed; done
    # And what is published is not on the signer's network but where it should be.
    check_reach devices balancer 8443 open
}

# No secret is in an environment, a command line, a label or a log.
check_secrets() {
    local name
    # shellcheck disable=SC2046
    docker inspect $(compose ps --all --quiet) >"$work/inspection"
    compose logs --no-color >"$work/logs" 2>&1
    operate_secret root-passphrase >"$work/root-passphrase"
    compose run --rm --no-deps --no-TTY --entrypoint cat invitation /estuary/invitation/frontend.invitation </dev/null |
        sed --quiet "s/^key: '\(.*\)'\$/\1/p" >"$work/invitation-key"
    for name in secret console-password root-passphrase invitation-key; do
        # An empty line would be found anywhere.
        if ! [ -s "$work/$name" ] || grep --quiet --invert-match . "$work/$name"; then fail "The $name is empty."; fi
        if grep --quiet --fixed-strings --file "$work/$name" "$work/inspection" "$work/logs"; then
            fail "The $name is told by docker inspect or in the logs."
        fi
    done
    if grep --quiet 'PRIVATE KEY-' "$work/inspection" "$work/logs"; then fail "A key is told."; fi
}

# The commands of docs/containers.md.
check_operation() {
    operate status
    operate node list
    operate token create >"$work/secret"
    enroll with-new-secret
    operate_secret enrollment-secret >"$work/secret"
    vault estuary audit verify </dev/null
    # A policy that is brought out and back.
    vault cat /estuary/signer/policy.yaml >"$work/policy.yaml" </dev/null
    echo "# A remark." >>"$work/policy.yaml"
    vault tee /estuary/signer/policy.yaml >/dev/null <"$work/policy.yaml"
    operate reload
    # Frontends that come from here on join by another invitation.
    compose run --rm --no-deps --no-TTY invitation </dev/null
    operate node invitations
    check_console
}

# The console is there, lets nobody in without the password, and the operator with it.
check_console() {
    local address status
    address=https://localhost:$(compose port auditor 8480 | sed 's/.*://')
    status=$(curl --silent --insecure --output /dev/null --write-out '%{http_code}' "$address/api/v1/status")
    [ "$status" = 401 ] || fail "Anyone gets $status of the console, not 401."
    printf '{"user":"operator","password":"%s"}' "$(cat "$work/console-password")" |
        curl --silent --show-error --fail-with-body --insecure --cookie-jar "$work/cookies" --header 'Content-Type: application/json' \
            --data-binary @- --output /dev/null "$address/api/v1/session"
    curl --silent --show-error --fail-with-body --insecure --cookie "$work/cookies" --output /dev/null "$address/api/v1/status"
}

prometheus() {
    curl --silent --show-error --fail --max-time 10 --get \
        "http://127.0.0.1:$(compose port prometheus 9090 | sed 's/.*://')/api/v1/$1" "${@:2}"
}

targets_are_up() {
    prometheus targets --data state=active |
        python3 -c '
import json, sys
targets = json.load(sys.stdin)["data"]["activeTargets"]
for target in targets: print(target["labels"]["job"], target["scrapeUrl"], target["health"], target["lastError"])
jobs = sorted(target["labels"]["job"] for target in targets if target["health"] == "up")
sys.exit(jobs != ["auditor", "balancer", "frontend", "frontend", "prometheus", "signer"])'
}

check_monitoring() {
    local rules
    compose --profile monitoring up --detach --wait --wait-timeout 120 --no-build --no-recreate
    # Of refusals there is a metric once there is one.
    prepare refused
    attempt simpleenroll refused wrong-secret
    [ "$status" = 401 ] || fail "A wrong secret got $status, not 401."
    wait_until 60 targets_are_up
    cat "$work/waiting"
    rules=$(prometheus rules | python3 -c '
import json, sys
rules = [rule for group in json.load(sys.stdin)["data"]["groups"] for rule in group["rules"]]
print(sum(rule["health"] != "err" and rule["type"] == "alerting" for rule in rules))')
    [ "$rules" -eq "$(grep --count -- '- alert:' compose/monitoring/alerts.yaml)" ] || fail "$rules rules are loaded."
    wait_until 60 dashboard_has_its_metrics
    check_containers
}

# Every metric that the dashboard and the alerts name is one that is collected.
dashboard_has_its_metrics() {
    prometheus label/__name__/values >"$work/names"
    python3 - "$work/names" compose/monitoring/dashboard.json compose/monitoring/alerts.yaml <<'PYTHON'
import json, re, sys
known = set(json.load(open(sys.argv[1]))["data"])
asked = set()
for path in sys.argv[2:]:
    asked |= set(re.findall(r"\b(?:estuary|haproxy|node_textfile)_[a-z0-9_]+", open(path).read()))
missing = sorted(asked - known)
print("not collected:", missing)
sys.exit(bool(missing))
PYTHON
}

check_demo() {
    compose --profile demo up --detach --wait --wait-timeout 120 --no-build --no-recreate
    wait_until 30 demo_is_in_log
}

# Whether the log has certificates that were issued to the demo's container.
demo_is_in_log() {
    local address
    address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$(container demo)")
    operate audit list --json --type issued --limit 100 | grep --fixed-strings "\"remote_address\":\"$address\""
}
