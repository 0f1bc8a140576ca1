"""A cluster of real processes: made by `estuary init`, started one by one, killed, and asked how it is."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request


class Trouble(Exception):
    """Something that must not happen, or a condition that did not come true in time."""


def wait_until(what, condition, limit=60.0, every=0.05):
    """Waits until a condition holds; raises Trouble when it does not in time."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise Trouble(f"within {limit:.0f} s this did not come true: {what}")
        time.sleep(every)


class Cluster:
    """The processes of a state directory."""

    def __init__(self, programs, state, frontends=2):
        """programs: the folder with the built programs. state: the directory; its path must be short, since the local
        sockets' paths have a limit."""
        self.programs = programs
        self.state = state
        self.frontends = [f"frontend-{number}" for number in range(1, frontends + 1)]
        self.running = {}
        # What comes before a process's command, by its name: where it is to run elsewhere.
        self.prefix = {}

    @property
    def members(self):
        return ["auditor", "signer", *self.frontends]

    def program(self, name):
        return os.path.join(self.programs, name)

    def estuary(self, *arguments, check=True):
        """Runs an `estuary` command on this cluster; what it printed."""
        run = subprocess.run(
            [self.program("estuary"), *arguments, "--state", self.state], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=300)
        if check and run.returncode != 0:
            raise Trouble(f"estuary {' '.join(arguments)} failed: {run.stderr.strip()}")
        return run.stdout

    def initialize(self, *options):
        self.estuary("init", "--listen", "127.0.0.1:0", "--frontends", str(len(self.frontends)), *options)

    # Processes

    def start(self, name):
        role = "frontend" if name.startswith("frontend") else name
        with open(self.log(name), "ab") as log:
            # `--supervised` programs end where their input ends: none outlives this one.
            self.running[name] = subprocess.Popen(
                [*self.prefix.get(name, []), self.program(f"estuary-{role}"), "serve", "--configuration",
                 f"{self.state}/{name}/configuration.yaml", "--supervised"],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)

    def start_all(self):
        for name in self.members:
            self.start(name)
        self.wait_until_ready()

    def is_running(self, name):
        process = self.running.get(name)
        return process is not None and process.poll() is None

    def kill(self, name):
        """SIGKILL. Raises Trouble where the process had ended by itself."""
        process = self.running[name]
        process.send_signal(signal.SIGKILL)
        status = process.wait(30)
        process.stdin.close()
        if status != -signal.SIGKILL:
            raise Trouble(f"{name} had ended by itself, with status {status}:\n{self.tail(name)}")

    def require_running(self):
        """Raises Trouble where a process has ended by itself."""
        for name, process in self.running.items():
            status = process.poll()
            if status is not None and status != -signal.SIGKILL:
                raise Trouble(f"{name} has ended by itself, with status {status}:\n{self.tail(name)}")

    def wait_for_end(self, name, limit=60):
        """Waits until a process ends by itself; its status."""
        process = self.running[name]
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Trouble(f"{name} goes on, and was to end:\n{self.tail(name)}") from None
        process.stdin.close()
        del self.running[name]
        return status

    def stop(self, name):
        """Ends a process in good order."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(60)
        except subprocess.TimeoutExpired:
            raise Trouble(f"{name} does not end:\n{self.tail(name)}") from None
        process.stdin.close()
        if status != 0:
            raise Trouble(f"{name} ended with status {status}:\n{self.tail(name)}")

    def stop_all(self):
        for name in reversed(self.members):
            if name in self.running:
                self.stop(name)

    def end(self):
        """Ends what is left, however it is."""
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self.running.clear()

    # How it is

    def is_ready(self, name):
        if self.prefix.get(name):
            return subprocess.run(
                [*self.prefix[name], "curl", "--silent", "--fail", "--max-time", "1", "--output", "/dev/null",
                 f"http://{self.operations(name)}/readyz"]).returncode == 0
        try:
            with urllib.request.urlopen(f"http://{self.operations(name)}/readyz", timeout=1) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def wait_until_ready(self, limit=60.0):
        for name in self.frontends:
            try:
                wait_until(f"{name} is ready", lambda name=name: self.is_ready(name), limit)
            except Trouble as trouble:
                tails = "\n".join(f"{member}:\n{self.tail(member)}" for member in self.members)
                raise Trouble(f"{trouble}\n{tails}") from None

    def wait_until_audited(self, limit=120.0):
        """Waits until the auditor has every event of the signer."""

        def is_audited():
            try:
                status = json.loads(self.estuary("status", "--json", check=False))
            except ValueError:
                return False
            signer = status.get("signer") or {}
            return signer.get("outbox_backlog") == 0 and status.get("auditor") is not None

        wait_until("the auditor has every event", is_audited, limit, every=0.3)

    # Files

    def log(self, name):
        return f"{self.state}/logs/{name}.log"

    def tail(self, name, lines=15):
        try:
            with open(self.log(name), errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except OSError as error:
            return str(error)

    def configuration(self, name):
        with open(f"{self.state}/{name}/configuration.yaml") as file:
            return file.read()

    def replace_in_configuration(self, name, old, new):
        text = self.configuration(name)
        with open(f"{self.state}/{name}/configuration.yaml", "w") as file:
            file.write(text.replace(old, new))

    def listen(self, name):
        """Where devices connect to a frontend: host:port."""
        return re.search(r"^listen: '?([^'\n]+)'?$", self.configuration(name), re.M).group(1)

    def operations(self, name):
        return re.search(r"^operations:\n  listen: '?([^'\n]+)'?$", self.configuration(name), re.M).group(1)
