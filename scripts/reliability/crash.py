#!/usr/bin/env python3
"""Kills the processes of a cluster at random instants while devices enroll, and has the outcome checked.

scripts/crash-test builds what is needed and calls this.
"""

import argparse
import dataclasses
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from cluster import Cluster, Trouble
from witnesses import Witnesses

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass(order=True)
class Step:
    """One instant of a schedule, in seconds from its start."""

    at: float
    action: str
    member: str


def schedule(seed, kills, frontends):
    """When which process is killed, and when it is started again: the same for the same seed.

    Kills come 0.7 to 4.7 s apart. Half of the processes are started again at once, as a supervisor does, the others
    stay away for up to 4 s; so several may be away at a time, and some are killed while they start.
    """
    source = random.Random(seed)
    steps, back_at, now = [], {}, 0.0
    for _ in range(kills):
        now += source.uniform(0.7, 4.7) if source.random() < 0.8 else source.uniform(0.05, 0.7)
        member = source.choices(
            ["signer", "auditor", *frontends], [5, 3] + [2 / len(frontends)] * len(frontends))[0]
        # What is not there can't be killed.
        now = max(now, back_at.get(member, 0.0) + source.uniform(0.0, 0.5))
        away = 0.0 if source.random() < 0.5 else source.uniform(0.1, 4.0)
        back_at[member] = now + away
        steps += [Step(now, "kill", member), Step(now + away, "start", member)]
    return sorted(steps, key=lambda step: step.at)


def say(text):
    print(text, file=sys.stderr, flush=True)


def break_cluster(cluster, witnesses, steps, kills):
    """Follows the schedule; the clock is the wall's, so the load decides what each kill hits."""
    start, done = time.monotonic(), 0
    for step in steps:
        time.sleep(max(0.0, start + step.at - time.monotonic()))
        if step.action == "start":
            cluster.start(step.member)
            continue
        cluster.require_running()
        witnesses.require_running()
        cluster.kill(step.member)
        done += 1
        say(f"{time.monotonic() - start:7.1f} s  kill {done} of {kills}: {step.member}, "
            f"{witnesses.answered} requests answered so far")


def run(options, folder):
    cluster = Cluster(options.programs, os.path.join(folder, "state"), options.frontends)
    cluster.initialize()
    witnesses = Witnesses(cluster, folder, options.busy)
    steps = schedule(options.seed, options.kills, cluster.frontends)
    try:
        cluster.start_all()
        witnesses.make_secrets(max(400, int(steps[-1].at * options.households)))
        witnesses.start([cluster.listen(name) for name in cluster.frontends])
        break_cluster(cluster, witnesses, steps, options.kills)
        cluster.wait_until_ready()
        witnesses.finish()
        cluster.require_running()
        cluster.wait_until_audited()
        cluster.stop_all()
    finally:
        witnesses.end()
        cluster.end()
    return subprocess.run(
        [sys.executable, os.path.join(HERE, "check.py"), "--state", cluster.state, "--journal", witnesses.journal,
         "--kills", str(options.kills)]).returncode


def main():
    parser = argparse.ArgumentParser(
        prog="crash-test", description="Kills the processes of a cluster at random instants while devices enroll. "
        "The last line says what came of it; the status is 1 unless nothing is lost, duplicated or unlogged.")
    parser.add_argument("--kills", type=int, default=200, help="how many processes are killed (default: 200)")
    parser.add_argument("--seed", type=int, help="decides the schedule; without it one is made up, and printed")
    parser.add_argument("--frontends", type=int, default=3)
    parser.add_argument("--busy", type=int, default=12, help="households of devices that are busy at once")
    parser.add_argument("--households", type=float, default=25.0,
                        help="households for each second of the schedule: when all are through, the load ends")
    parser.add_argument("--keep", metavar="DIR", help="leave everything in this folder, which must not exist")
    parser.add_argument("--show-schedule", action="store_true", help="print the schedule, and do nothing")
    parser.add_argument("--programs", required=True, help="the folder with the built programs")
    options = parser.parse_args()
    if options.kills < 1 or options.frontends < 2 or options.busy < 1:
        parser.error("--kills and --busy take numbers from 1, --frontends from 2")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    if options.show_schedule:
        frontends = [f"frontend-{number}" for number in range(1, options.frontends + 1)]
        for step in schedule(options.seed, options.kills, frontends):
            print(f"{step.at:.3f} {step.action} {step.member}")
        return 0
    say(f"seed {options.seed}")
    if options.keep:
        os.mkdir(options.keep, 0o700)
    # Short: the local sockets' paths have a limit.
    folder = options.keep or tempfile.mkdtemp(prefix="estuary-crash-")
    try:
        return run(options, folder)
    except Trouble as trouble:
        say(f"crash-test: {trouble}")
        say(f"Again with: --kills {options.kills} --seed {options.seed}")
        return 1
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
