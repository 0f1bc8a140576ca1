"""The devices that enroll while a cluster is broken, and what they write down (Sources/estuary-witnesses)."""

import itertools
import json
import os
import subprocess
import tempfile

from cluster import Trouble

# How many devices share a secret, and how many uses it has: a device for each use, and one too many.
SHARING = ((4, 4), (5, 4))


class Witnesses:
    """The witnesses of a cluster, in a process of their own."""

    def __init__(self, cluster, folder, busy, prefix=(), timeout=8.0):
        self.cluster = cluster
        self.credentials = os.path.join(folder, "credentials.jsonl")
        self.journal = os.path.join(folder, "journal.jsonl")
        self.log = os.path.join(folder, "witnesses.log")
        self.busy = busy
        self.prefix = list(prefix)
        self.timeout = timeout
        self.process = None
        self.counted = 0
        self.position = 0

    def make_secrets(self, count):
        """Makes secrets for so many households; three of five are of one device alone. Needs the signer."""
        kinds = itertools.cycle([(1, 1), SHARING[0], (1, 1), SHARING[1], (1, 1)])
        households = [
            {"uses": uses, "names": [f"witness-{number}-{member}" for member in range(1, members + 1)]}
            for number, (members, uses) in zip(range(1, count + 1), kinds)]
        for uses in sorted({household["uses"] for household in households}):
            group = [household for household in households if household["uses"] == uses]
            with tempfile.NamedTemporaryFile("w", suffix=".csv") as names:
                names.writelines(",".join(household["names"]) + "\n" for household in group)
                names.flush()
                lines = self.cluster.estuary(
                    "token", "create", "--from", names.name, "--uses", str(uses)).splitlines()
            for household, line in zip(group, lines, strict=True):
                household["secret"] = line.split(",")[1]
        descriptor = os.open(self.credentials, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(json.dumps(household) + "\n" for household in households)

    def start(self, servers):
        arguments = [argument for server in servers for argument in ("--server", server)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, self.cluster.program("estuary-witnesses"), *arguments,
                 "--trust-anchor", f"{self.cluster.state}/trust-anchor.pem", "--credentials", self.credentials,
                 "--journal", self.journal, "--busy", str(self.busy), "--timeout", str(self.timeout)],
                stdin=subprocess.PIPE, stdout=log, stderr=log)

    @property
    def answered(self):
        """How many requests were answered for good so far."""
        if os.path.exists(self.journal):
            with open(self.journal, "rb") as file:
                file.seek(self.position)
                new = file.read()
            self.position += len(new)
            self.counted += new.count(b"\n")
        return self.counted

    def require_running(self):
        if self.process.poll() is not None:
            raise Trouble(f"the witnesses have ended with status {self.process.returncode}: {self.said()}")

    def finish(self, limit=180):
        """Lets them finish the requests that are under way."""
        self.require_running()
        self.process.stdin.close()
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Trouble(f"the witnesses do not end: {self.said()}") from None
        if status != 0:
            raise Trouble(f"the witnesses ended with status {status}: {self.said()}")

    def said(self):
        try:
            with open(self.log, errors="replace") as log:
                return log.read()[-2000:]
        except OSError as error:
            return str(error)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
