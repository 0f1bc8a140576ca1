#!/usr/bin/env python3
"""Takes the disk away from signer and auditor, or gives them a wrong one, while devices enroll.

Each scenario ends with the checker: whatever happened to the files, nothing may be lost, duplicated or unlogged. Needs
mount namespaces for some; where none can be made the exit status is 77, and the last line says so.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

from cluster import Cluster, Trouble, wait_until
from witnesses import Witnesses

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77


class World:
    """A cluster, devices, and a folder that all of it is in."""

    def __init__(self, programs, folder):
        self.folder = folder
        self.cluster = Cluster(programs, os.path.join(folder, "state"))
        self.witnesses = Witnesses(self.cluster, folder, busy=8)

    def prepare(self):
        self.cluster.initialize()

    def start(self):
        self.cluster.start_all()
        self.witnesses.make_secrets(3000)
        self.witnesses.start([self.cluster.listen(name) for name in self.cluster.frontends])
        self.wait_for_answers(30)

    def wait_for_answers(self, count, limit=120):
        """Waits until so many more requests were answered."""
        target = self.witnesses.answered + count
        wait_until(f"{count} more requests are answered", lambda: self.witnesses.answered >= target, limit)

    def expect_refusal(self, member, *texts):
        """Starts a process that must end by itself, and say why."""
        with open(self.cluster.log(member), "a+") as log:
            position = log.seek(0, os.SEEK_END)
        self.cluster.start(member)
        status = self.cluster.wait_for_end(member)
        self.expect_words(member, status, texts, position)

    def expect_words(self, member, status, texts, position=0):
        with open(self.cluster.log(member), errors="replace") as log:
            log.seek(position)
            said = log.read()
        if status <= 0:
            raise Trouble(f"{member} ended with status {status}: an error status was expected:\n{said[-2000:]}")
        for text in texts:
            if text not in said:
                raise Trouble(f"{member} does not say «{text}»:\n{said[-2000:]}")

    def finish(self):
        """Lets everything come to an end, and checks it; the checker's status."""
        self.cluster.wait_until_ready()
        self.wait_for_answers(20)
        self.witnesses.finish()
        self.cluster.require_running()
        self.cluster.wait_until_audited()
        self.cluster.stop_all()
        return subprocess.run(
            [sys.executable, os.path.join(HERE, "check.py"), "--state", self.cluster.state, "--journal",
             self.witnesses.journal]).returncode

    # Disks

    def mount_disk(self, member):
        """Moves a process's folder to a disk of its own."""
        folder, aside = f"{self.cluster.state}/{member}", f"{self.folder}/aside"
        shutil.copytree(folder, aside)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=256m", "estuary-disk", folder], check=True)
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        shutil.rmtree(aside)

    def leave_little_room(self, member):
        """Makes the disk so small that it is soon full."""
        disk = os.statvfs(f"{self.cluster.state}/{member}")
        self.remount(member, f"size={(disk.f_blocks - disk.f_bfree) * disk.f_frsize + (1 << 20)}")

    def remount(self, member, options):
        subprocess.run(["mount", "-o", f"remount,{options}", f"{self.cluster.state}/{member}"], check=True)


def full_disk_of_the_signer(world):
    world.prepare()
    world.mount_disk("signer")
    world.start()
    world.leave_little_room("signer")
    status = world.cluster.wait_for_end("signer", 240)
    world.expect_words("signer", status, ["the ledger could not commit", "full"])
    # A supervisor starts it again at once; nothing has changed.
    world.expect_refusal("signer", "full")
    world.remount("signer", "size=256m")
    world.cluster.start("signer")
    return world.finish()


def full_disk_of_the_auditor(world):
    world.prepare()
    world.mount_disk("auditor")
    world.start()
    world.leave_little_room("auditor")
    status = world.cluster.wait_for_end("auditor", 240)
    world.expect_words("auditor", status, ["full"])
    # Without the auditor devices go on being served.
    world.wait_for_answers(50)
    world.remount("auditor", "size=256m")
    world.cluster.start("auditor")
    return world.finish()


def read_only_disk(world):
    world.prepare()
    world.mount_disk("signer")
    world.start()
    world.cluster.kill("signer")
    world.remount("signer", "ro")
    world.expect_refusal("signer", "ead-only")
    world.remount("signer", "rw")
    world.cluster.start("signer")
    return world.finish()


def corrupted_wal_of_the_signer(world):
    world.prepare()
    world.start()
    world.wait_for_answers(200)
    # What the auditor does not have yet would be lost with the file: so nothing is on its way.
    for name in world.cluster.frontends:
        world.cluster.stop(name)
    world.cluster.wait_until_audited()
    world.cluster.kill("signer")
    # From some frame on nothing verifies: SQLite takes what comes before it for the whole.
    damage(f"{world.cluster.state}/signer/ledger.sqlite-wal")
    world.cluster.start("signer")
    wait_until(
        "the signer takes from the auditor what the ledger lacks",
        lambda: "a new life of it begins" in world.cluster.tail("signer", 100_000), 60)
    for name in world.cluster.frontends:
        world.cluster.start(name)
    return world.finish()


def corrupted_wal_of_the_auditor(world):
    world.prepare()
    world.start()
    wal = f"{world.cluster.state}/auditor/events.sqlite-wal"
    wait_until("the log holds something", lambda: len(frames(wal)) > 100)
    world.cluster.kill("auditor")
    damage(wal)
    # The signer has witnessed what the auditor has lost: it raises the alarm, and devices go on enrolling.
    world.cluster.start("auditor")
    world.wait_for_answers(20)
    wait_until(
        "the signer raises the alarm",
        lambda: "is not what was witnessed" in world.cluster.tail("signer", 100_000), 30)
    world.wait_for_answers(20)
    # An operator knows why. What was lost the signer still has, and sends again.
    world.cluster.estuary("audit", "accept-log", "--yes")
    return world.finish()


def ledger_of_another_authority(world):
    world.prepare()
    other = Cluster(world.cluster.programs, os.path.join(world.folder, "other"), frontends=1)
    other.initialize()
    world.start()
    world.cluster.kill("signer")
    ledger = f"{world.cluster.state}/signer/ledger.sqlite"
    keep(ledger, world.folder)
    for suffix in ("-wal", "-shm"):
        if os.path.exists(ledger + suffix):
            os.remove(ledger + suffix)
    shutil.copy(f"{other.state}/signer/ledger.sqlite", ledger)
    world.expect_refusal("signer", "belongs to another CA")
    restore(ledger, world.folder)
    world.cluster.start("signer")
    return world.finish()


def keep(database, folder):
    """Copies a database that nobody has open."""
    for suffix in ("", "-wal"):
        if os.path.exists(database + suffix):
            shutil.copy2(database + suffix, f"{folder}/kept{suffix}")


def restore(database, folder):
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(database + suffix):
            os.remove(database + suffix)
        if os.path.exists(f"{folder}/kept{suffix}"):
            shutil.copy2(f"{folder}/kept{suffix}", database + suffix)


def frames(wal):
    """Where the pages begin that a write-ahead log holds (sqlite.org/fileformat2.html, §4).

    A log that began anew has older pages behind the newest, which nobody reads.
    """
    found = []
    with open(wal, "rb") as file:
        header = file.read(32)
        page_size, salt = int.from_bytes(header[8:12], "big"), header[16:24]
        while len(header) == 32:
            file.seek(32 + len(found) * (24 + page_size))
            frame = file.read(24)
            if len(frame) < 24 or frame[8:16] != salt:
                break
            found.append(file.tell())
    return found


def damage(wal):
    """Overwrites some bytes a third of the way into what a write-ahead log holds."""
    held = frames(wal)
    with open(wal, "r+b") as file:
        file.seek(held[len(held) // 3])
        file.write(b"\xa5" * 64)


# The scenarios, and whether each needs mounts.
SCENARIOS = {
    "full-disk-of-the-signer": (full_disk_of_the_signer, True),
    "full-disk-of-the-auditor": (full_disk_of_the_auditor, True),
    "read-only-disk": (read_only_disk, True),
    "corrupted-wal-of-the-signer": (corrupted_wal_of_the_signer, False),
    "corrupted-wal-of-the-auditor": (corrupted_wal_of_the_auditor, False),
    "ledger-of-another-authority": (ledger_of_another_authority, False),
}


def namespace():
    """The command under which mounts are this process's own; None where there is none."""
    for command in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        try:
            run = subprocess.run(
                [*command, "mount", "-t", "tmpfs", "estuary-probe", "/mnt"], capture_output=True, timeout=20)
        except OSError:
            return None
        if run.returncode == 0:
            return command
    return None


def main():
    parser = argparse.ArgumentParser(prog="storage.py", description=__doc__.split("\n")[0])
    parser.add_argument("scenario", choices=[*SCENARIOS, "probe"], help="«probe» tells whether mounts can be made")
    parser.add_argument("--programs", help="the folder with the built programs")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    scenario, needs_mounts = SCENARIOS.get(options.scenario, (None, True))
    if needs_mounts and not options.inside:
        command = namespace()
        if command is None:
            print("skipped: no mount namespace can be made here (unshare --mount)")
            return SKIPPED
        if scenario is None:
            return 0
        os.execvp(command[0], [*command, sys.executable, *sys.argv, "--inside"])
    folder = tempfile.mkdtemp(prefix="estuary-disk-")
    world = World(options.programs, folder)
    start = time.monotonic()
    try:
        return scenario(world)
    except Trouble as trouble:
        print(f"{options.scenario}: {trouble}", file=sys.stderr)
        return 1
    finally:
        print(f"{options.scenario}: {time.monotonic() - start:.0f} s", file=sys.stderr)
        world.witnesses.end()
        world.cluster.end()
        subprocess.run(["umount", f"{world.cluster.state}/signer", f"{world.cluster.state}/auditor"],
                       capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
