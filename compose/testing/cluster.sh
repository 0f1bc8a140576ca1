# What compose/test does with the cluster. Sourced by it; `work` is its folder for what does not last.
# shellcheck shell=bash disable=SC2154

compose() { docker compose --progress quiet --file compose/compose.yaml "$@"; }

# The first container of a service.
container() { compose ps --quiet "$1" | head -1; }

# operate COMMAND…: the `estuary` command, as an operator runs it.
operate() { compose run --rm --no-deps --no-TTY estuary "$@" </dev/null; }

# vault PROGRAM ARGUMENT…: beside all that signer and auditor hold.
vault() { compose run --rm --no-deps --no-TTY --entrypoint "$1" vault "${@:2}"; }

# wait_until SECONDS COMMAND…: until the command succeeds; what it said last where it does not.
wait_until() {
    local limit=$((SECONDS + $1)) seconds=$1
    shift
    until "$@" >"$work/waiting" 2>&1; do
        if [ $SECONDS -ge $limit ]; then
            echo "Not within $seconds s: $*" >&2
            cat "$work/waiting" >&2
            return 1
        fi
        sleep 0.2
    done
}

# The volumes of the frontends that there are now. The engine gives them no name of the project's, so whoever removes a
# frontend's container remembers them.
remember_volumes() {
    local ids
    ids=$(compose ps --all --quiet frontend)
    # shellcheck disable=SC2086
    [ -z "$ids" ] || docker inspect --format '{{range .Mounts}}{{println .Name}}{{end}}' $ids |
        grep --extended-regexp '^[0-9a-f]{64}$' >>"$work/volumes" || true
}

remove_remembered_volumes() {
    [ -s "$work/volumes" ] || return 0
    sort --unique "$work/volumes" | xargs docker volume rm --force
    : >"$work/volumes"
}

start_cluster() {
    compose up --detach --wait --wait-timeout 240 --no-build
    remember_volumes
    operate_secret enrollment-secret >"$work/secret"
    operate_secret console-password >"$work/console-password"
    local name
    for name in secret console-password; do
        [ -s "$work/$name" ] || { echo "The $name is empty." >&2; return 1; }
    done
    compose run --rm --no-deps --no-TTY --entrypoint cat estuary /estuary/public/trust-anchor.pem </dev/null >"$work/trust-anchor.pem"
}

operate_secret() { compose run --rm --no-deps --no-TTY handover cat "/estuary/secrets/$1" </dev/null; }

# is_healthy CONTAINER [STARTED]: whether it is well and, with the time of an earlier start, was started since.
is_healthy() {
    local facts
    facts=$(docker inspect --format '{{.State.Health.Status}} {{.State.StartedAt}}' "$1")
    echo "$facts"
    [ "${facts%% *}" = healthy ] && [ "${facts#* }" != "${2:-}" ]
}

started_at() { docker inspect --format '{{.State.StartedAt}}' "$1"; }

# The process is killed as a fault would: by a signal that nobody expects. The engine starts it again.
crash() {
    local id pid started
    id=$(container "$1")
    pid=$(docker inspect --format '{{.State.Pid}}' "$id")
    started=$(started_at "$id")
    docker run --rm --pid host --network none --user 0:0 --read-only --cap-drop ALL --cap-add KILL \
        --entrypoint /bin/bash estuary/tools:test -c "kill -KILL $pid"
    # Devices come meanwhile, and try until they are served.
    enroll "after-crash-of-$1"
    wait_until 60 is_healthy "$id" "$started"
}

restart() {
    compose restart "$1"
    enroll "after-restart-of-$1"
    local id
    for id in $(compose ps --quiet "$1"); do wait_until 60 is_healthy "$id"; done
}

# How many frontends the balancer passes connections on to.
balancer_has() {
    local up
    up=$(docker exec "$(container balancer)" bash -c \
        'exec 3<>/dev/tcp/127.0.0.1/8404 && printf "GET /metrics HTTP/1.0\r\n\r\n" >&3 && cat <&3' |
        grep --count 'haproxy_server_status{proxy="frontends",.*state="UP"} 1') || true
    echo "The balancer has $up frontends."
    [ "$up" -eq "$1" ]
}

scale_to() {
    remember_volumes
    compose up --detach --wait --wait-timeout 120 --no-build --no-recreate --scale "frontend=$1" frontend
    remember_volumes
    wait_until 30 balancer_has "$1"
    local id keys i
    for id in $(compose ps --quiet frontend); do
        docker cp "$id:/var/lib/estuary/frontend/curve.key.pub" - | tar --extract --to-stdout
        echo
    done >"$work/keys"
    keys=$(grep . "$work/keys" | sort --unique | wc --lines)
    if [ "$keys" -ne "$1" ]; then
        echo "$1 frontends have $keys different keys." >&2
        return 1
    fi
    # The balancer gives the next connection to the one that has fewest.
    for ((i = 0; i < 2 * $1; i++)); do enroll "scale-$1-$i"; done
    wait_until 30 served_by "$1" "scale-$1-"
}

# Strikes those off the list whose containers are gone: a frontend is named after its container.
forget_lost_frontends() {
    local name
    operate node list --json | sed 's/.*"name":"\([^"]*\)".*/\1/' >"$work/nodes"
    while read -r name <&4; do
        docker inspect "${name#frontend-}" >/dev/null 2>&1 || operate node remove "$name"
    done 4<"$work/nodes"
    wait_until 30 operate status
}

# served_by COUNT PREFIX: whether devices with such names came through so many frontends.
served_by() {
    local nodes
    nodes=$(operate audit list --json --type issued --limit 100 | grep "CN=$2" |
        sed 's/.*"node":"\([^"]*\)".*/\1/' | sort --unique)
    echo "$nodes"
    [ "$(echo "$nodes" | grep --count .)" -eq "$1" ]
}

cut_signer() {
    local id started network=${COMPOSE_PROJECT_NAME}_signing
    id=$(container signer)
    started=$(started_at "$id")
    docker network disconnect "$network" "$id"
    prepare cut
    wait_until 60 is_told_to_wait cut
    # What needs no signer goes on.
    fetch cacerts >/dev/null
    docker network connect --alias signer "$network" "$id"
    enroll healed
    if [ "$(started_at "$id")" != "$started" ]; then
        echo "The signer was started again: that is no recovery." >&2
        return 1
    fi
    wait_until 60 is_healthy "$id"
}

# Whether a device gets 503 with a time to come back.
is_told_to_wait() {
    attempt simpleenroll "$1"
    cat "$work/$1.head"
    [ "$status" = 503 ] && grep --quiet --ignore-case '^retry-after: [0-9]' "$work/$1.head"
}

# The frontends are replaced by those of another tag, while devices come. The image is another by its label alone.
roll_under_load() {
    local before after first second name id counts served=0 refused=0 unserved=0
    for name in tools signer auditor balancer; do docker tag "estuary/$name:test" "estuary/$name:next"; done
    printf 'FROM estuary/frontend:test\nLABEL org.opencontainers.image.version="next"\n' |
        docker build --quiet --force-rm --tag estuary/frontend:next -
    remember_volumes
    before=$(compose ps --quiet frontend | sort)
    for id in $before; do check_version "$id" test; done
    rm -f "$work/stop"
    load one &
    first=$!
    load two &
    second=$!
    ESTUARY_TAG=next compose/roll-frontends
    touch "$work/stop"
    wait "$first"
    wait "$second"
    remember_volumes
    after=$(compose ps --quiet frontend | sort)
    if [ -n "$(comm -12 <(echo "$before") <(echo "$after"))" ] ||
        [ "$(echo "$before" | wc --lines)" -ne "$(echo "$after" | wc --lines)" ]; then
        printf 'These frontends were to be replaced one for one:\n%s\nand these are there now:\n%s\n' \
            "$before" "$after" >&2
        return 1
    fi
    for id in $after; do check_version "$id" next; done
    for name in one two; do
        read -r -a counts <"$work/load-$name.count"
        served=$((served + counts[0]))
        refused=$((refused + counts[1]))
        unserved=$((unserved + counts[2]))
    done
    echo "Meanwhile $served devices enrolled, $refused were refused, and $unserved got no certificate within 60 s."
    if [ "$served" -eq 0 ] || [ "$refused" -ne 0 ] || [ "$unserved" -ne 0 ]; then return 1; fi
    wait_until 30 operate status
}

# check_version CONTAINER TAG: whether it runs the image of that tag, and has its version.
check_version() {
    check_fact "$1" "the image" '{{.Image}}' "$(docker image inspect --format '{{.Id}}' "estuary/frontend:$2")"
    check_fact "$1" "the version" '{{index .Config.Labels "org.opencontainers.image.version"}}' "$2"
}

# load NAME: devices, one after another, until the file `stop` is there; then how many were served, were refused, and got
# nothing within the time that a device tries.
load() {
    local device result served=0 refused=0 unserved=0
    # shellcheck disable=SC2034
    local is_load=true
    for ((device = 0; ; device++)); do
        if [ ! -d "$work" ] || [ -e "$work/stop" ]; then break; fi
        result=0
        enroll "load-$1-$device" || result=$?
        case $result in
        0) served=$((served + 1)) ;;
        2) unserved=$((unserved + 1)) ;;
        *) refused=$((refused + 1)) ;;
        esac
    done
    echo "$served $refused $unserved" >"$work/load-$1.count"
}

# The signer is lost and comes back as it was when the backup was made, and as the auditor's log tells since then.
restore_signer() {
    local id
    id=$(container signer)
    vault estuary backup --output /backups/first </dev/null
    vault estuary backup check /backups/first </dev/null
    enroll after-backup
    wait_until 30 is_in_log after-backup
    compose stop signer
    vault sh -c '(umask 077 && tar -C /estuary -cf /backups/lost.tar signer) && rm -rf /estuary/signer/* &&
        estuary restore /backups/first --role signer' </dev/null
    vault tar -tf /backups/lost.tar signer/ledger.sqlite </dev/null
    compose start signer
    wait_until 60 is_healthy "$id"
    enroll after-restore
    renew after-backup
}

down_and_up() {
    enroll durable
    remember_volumes
    compose down --timeout 45
    remove_remembered_volumes
    start_cluster
    renew durable
    # The same secret, the same log.
    enroll after-down
    wait_until 30 is_in_log durable
    vault estuary audit verify </dev/null
    forget_lost_frontends
}
