#!/usr/bin/env python3
"""Cuts and delays the links between devices, frontends, signer and auditor, and has the outcome checked.

scripts/network-test builds what is needed and calls this. Where no network namespace can be made the exit status is 77,
and the last line says so.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from cluster import Cluster, Trouble, wait_until
from netswitch import Switch
from witnesses import Witnesses

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
HOSTS = {"signer": "10.77.0.2", "auditor": "10.77.0.3", "frontend-1": "10.77.0.11", "frontend-2": "10.77.0.12",
         "devices": "10.77.0.100"}
LINKS = [("devices", "frontend-1"), ("frontend-1", "signer"), ("frontend-1", "auditor"), ("signer", "auditor")]
# After a link is whole again the next request must be answered within this time, in seconds.
RECOVERY = 30


def say(text):
    print(text, file=sys.stderr, flush=True)


def both(*links):
    return [direction for one, other in links for direction in ((one, other), (other, one))]


class World:
    """A cluster whose processes are each in a network namespace of their own, and devices in another one."""

    def __init__(self, programs, folder):
        self.switch = Switch(HOSTS)
        self.cluster = Cluster(programs, os.path.join(folder, "state"))
        self.cluster.initialize("--hosts", ",".join(HOSTS[name] for name in self.cluster.frontends))
        self.cluster.prefix = {name: self.switch.hosts[name].prefix for name in self.cluster.members}
        self.place_everybody()
        self.witnesses = Witnesses(
            self.cluster, folder, busy=8, prefix=self.switch.hosts["devices"].prefix, timeout=10)
        self.position = 0

    def place_everybody(self):
        """Puts the hosts' addresses into the configuration files."""
        for role in ("signer", "auditor"):
            endpoint = re.search(r"^endpoint: '?tcp://([^'\n]+)'?$", self.cluster.configuration(role), re.M).group(1)
            for name in self.cluster.members:
                self.cluster.replace_in_configuration(
                    name, endpoint, endpoint.replace("127.0.0.1", HOSTS[role]))
        for name in self.cluster.frontends:
            listen = self.cluster.listen(name)
            self.cluster.replace_in_configuration(
                name, f"listen: '{listen}'", f"listen: '{listen.replace('127.0.0.1', HOSTS[name])}'")

    def start(self, households):
        self.cluster.start_all()
        self.witnesses.make_secrets(households)
        self.witnesses.start([self.cluster.listen(name) for name in self.cluster.frontends])
        wait_until("devices enroll", lambda: self.witnesses.answered >= 20, RECOVERY)

    def news(self):
        """What was written down since the last time."""
        with open(self.witnesses.journal) as file:
            file.seek(self.position)
            lines = file.readlines()
            if lines and not lines[-1].endswith("\n"):
                lines.pop()
            self.position += sum(len(line.encode()) for line in lines)
        return [json.loads(line) for line in lines]

    def trouble(self, what, seconds, begin, between=None):
        """Breaks something for some time, mends it, and sees that requests are answered again."""
        self.news()
        begin()
        start = time.monotonic()
        if between is not None:
            between()
        time.sleep(max(0.0, start + seconds - time.monotonic()))
        during = self.witnesses.answered
        self.switch.heal()
        healed = time.monotonic()
        wait_until(
            f"requests are answered again after {what}", lambda: self.witnesses.answered > during + 10, RECOVERY)
        recovered = time.monotonic() - healed
        # Both frontends serve again before the next link is cut.
        self.cluster.wait_until_ready(RECOVERY)
        self.witnesses.require_running()
        self.cluster.require_running()
        entries = self.news()
        say(f"{what}, {seconds:g} s: {sum(bool(entry['certificates']) for entry in entries)} requests answered, "
            f"{sum(entry['notServed'] for entry in entries)} tries told to come later, "
            f"{sum(entry['cutOff'] for entry in entries)} cut off; ten more answers {recovered:.1f} s after it")

    def cut(self, directions, seconds, what):
        self.trouble(f"cut {what}", seconds, lambda: self.switch.cut(*directions))

    def half_open(self, member, seconds):
        """Kills a process whose peers can't be told, so that they hold connections to nobody."""
        others = [(member, other) for other in HOSTS if other != member]

        def restart():
            self.cluster.kill(member)
            self.cluster.start(member)

        self.trouble(
            f"half-open connections to {member}", seconds, lambda: self.switch.cut(*both(*others)), between=restart)

    def finish(self):
        self.cluster.wait_until_ready()
        self.witnesses.finish()
        self.cluster.require_running()
        self.cluster.wait_until_audited()
        self.cluster.stop_all()
        return subprocess.run(
            [sys.executable, os.path.join(HERE, "check.py"), "--state", self.cluster.state, "--journal",
             self.witnesses.journal]).returncode

    def end(self):
        self.witnesses.end()
        self.cluster.end()
        self.switch.end()


def break_links(world, short):
    for seconds in (1,) if short else (1, 30):
        for one, other in LINKS:
            world.cut(both((one, other)), seconds, f"between {one} and {other}")
            if short and (one, other) != ("frontend-1", "signer"):
                continue
            world.cut([(one, other)], seconds, f"from {one} to {other}")
            world.cut([(other, one)], seconds, f"from {other} to {one}")
        everybody = [(name, "signer") for name in HOSTS if name not in ("signer", "devices")]
        world.cut(both(*everybody), seconds, "between the signer and everybody")
    for member in ("signer",) if short else ("signer", "auditor", "frontend-1"):
        world.half_open(member, 2 if short else 20)
    world.trouble("200 ms more in each direction", 3 if short else 30, lambda: world.switch.slow(0.2))
    if not short:
        world.cut(both(("frontend-1", "signer")), 300, "between frontend-1 and signer")


def namespace():
    """The command under which networks are this process's own; None where there is none."""
    for command in (["unshare", "--net"], ["unshare", "--net", "--user", "--map-root-user"]):
        try:
            run = subprocess.run(
                [*command, "sh", "-c", "ip link add probe0 type veth peer name probe1 && unshare --net true"],
                capture_output=True, timeout=20)
        except OSError:
            return None
        if run.returncode == 0:
            return command
    return None


def main():
    parser = argparse.ArgumentParser(
        prog="network-test", description="Cuts and delays the links of a cluster while devices enroll. The last line "
        "says what came of it; the status is 1 unless nothing is lost, duplicated or unlogged.")
    parser.add_argument("--short", action="store_true", help="each link for a second: half a minute in all")
    parser.add_argument("--keep", metavar="DIR", help="leave everything in this folder, which must not exist")
    parser.add_argument("--programs", required=True, help="the folder with the built programs")
    parser.add_argument("--probe", action="store_true", help="only tell whether it can run here")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        command = namespace()
        if command is None:
            print("skipped: no network namespaces with veth can be made here (unshare --net, iproute2)")
            return SKIPPED
        if options.probe:
            return 0
        os.execvp(command[0], [*command, sys.executable, *sys.argv, "--inside"])
    if options.keep:
        os.mkdir(options.keep, 0o700)
    folder = options.keep or tempfile.mkdtemp(prefix="estuary-net-")
    world = None
    try:
        world = World(options.programs, folder)
        world.start(4_000 if options.short else 40_000)
        break_links(world, options.short)
        return world.finish()
    except Trouble as trouble:
        say(f"network-test: {trouble}")
        return 1
    finally:
        if world is not None:
            world.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
