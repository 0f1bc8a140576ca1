"""A cluster of real processes with a browser before its auditor's page."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../../scripts/reliability"))

from cluster import Cluster, wait_until  # noqa: E402
from devtools import Browser, Trouble  # noqa: E402

SCREENSHOTS = os.environ.get("ESTUARY_SCREENSHOTS")
# More than a page of the table has.
SECRETS = 60


def expect(condition, text):
    if not condition:
        raise Trouble(text)


def expect_equal(found, expected, what):
    expect(found == expected, f"{what}: {found!r} instead of {expected!r}")


class World:
    """A cluster with a browser."""

    def __init__(self, programs, folder):
        self.folder = folder
        self.cluster = Cluster(programs, os.path.join(folder, "s"), frontends=1)
        self.browser = None
        self.pages = []

    def start(self):
        self.browser = Browser()
        self.cluster.initialize()

    def end(self):
        if self.browser is not None:
            self.browser.close()
        self.cluster.end()

    @property
    def console(self):
        address = re.search(
            r"^console:\n(?:  .*\n)*?  listen: '?([^'\n]+)'?$", self.cluster.configuration("auditor"), re.M).group(1)
        return f"http://{address}"

    def page(self, path="", tampering=None, **options):
        """A page that was opened; tampering: a part of an address, and what changes the answers from there."""
        page = self.browser.page(**options)
        self.pages.append(page)
        if tampering:
            page.tamper(*tampering)
        page.open(f"{self.console}/{path}")
        return page

    def close_pages(self):
        for page in self.pages:
            page.close()
        self.pages.clear()

    def get(self, path):
        with urllib.request.urlopen(self.console + path, timeout=20) as answer:
            return json.load(answer)

    # Devices

    def device(self, command, name, secret=None, check=True):
        options = ["--subject", f"CN={name}"] if command == "enroll" else []
        if secret is not None:
            path = os.path.join(self.folder, f"{name}.secret")
            with open(path, "w", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
                file.write(secret)
            options += ["--secret-file", path]
        run = subprocess.run(
            [self.cluster.program("estuary"), "device", command, *options,
             "--server", self.cluster.listen("frontend-1"), "--trust-anchor", f"{self.cluster.state}/trust-anchor.pem",
             "--key", self.file(name, "key"), "--certificate", self.file(name, "pem")],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        expect(not check or run.returncode == 0, f"estuary device {command}: {run.stderr}")
        return run.returncode == 0

    def file(self, name, kind):
        return os.path.join(self.folder, f"{name}.{kind}")

    def events(self):
        """Every event that the auditor has, oldest first."""
        lines = self.cluster.estuary("audit", "list", "--json", "--limit", "100000").splitlines()
        return [json.loads(line) for line in lines]

    def populate(self):
        """Two devices enroll, one renews, one is denied; and many secrets are made."""
        with open(f"{self.cluster.state}/enrollment-secret") as file:
            secret = file.read().strip()
        self.device("enroll", "pump-1", secret)
        self.device("enroll", "pump-2", secret)
        self.device("renew", "pump-1")
        expect(not self.device("enroll", "pump-3", "a-wrong-secret", check=False), "a wrong secret is no good")
        names = os.path.join(self.folder, "names.csv")
        with open(names, "w") as file:
            file.writelines(f"valve-{number}\n" for number in range(1, SECRETS + 1))
        self.cluster.estuary("token", "create", "--from", names)
        self.shed()
        self.cluster.wait_until_audited()

    def shed(self):
        """A signer that does not answer, and a pool with one place and one to wait at: the rest is shed."""
        signer = self.cluster.running["signer"]
        signer.send_signal(signal.SIGSTOP)
        try:
            # It ends with an error, as nobody is served.
            subprocess.run(
                [self.cluster.program("estuary"), "fleet", "--server", self.cluster.listen("frontend-1"),
                 "--trust-anchor", f"{self.cluster.state}/trust-anchor.pem", "--secret-file",
                 f"{self.cluster.state}/enrollment-secret", "--quiet", "--count", "12", "--concurrency", "12"],
                capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        finally:
            signer.send_signal(signal.SIGCONT)
        # The frontend counts them, and says how many every ten seconds.
        wait_until("an event tells of what was shed", lambda: any(
            event["type"] == "coalesced" and event["decision"] == "deferred" for event in self.events()), every=0.5)
        wait_until("the frontend is ready again", lambda: self.cluster.is_ready("frontend-1"))

    # Views

    def wait_for_overview(self, page):
        page.wait("document.querySelectorAll('#processes tbody tr').length > 2")
        page.wait("document.querySelectorAll('.chart').length === 2")
        page.wait("document.querySelector('#expiring-content .pages') !== null")

    def screenshot(self, page, name, whole=False):
        if SCREENSHOTS:
            os.makedirs(SCREENSHOTS, exist_ok=True)
            page.screenshot(os.path.join(SCREENSHOTS, f"{name}.png"), whole)

    def place_of(self, **fields):
        """The place of the last event with these fields."""
        found = [
            place for place, event in enumerate(self.events(), 1)
            if all(event.get(key) == value for key, value in fields.items())]
        expect(found, f"there is no event with {fields}")
        return found[-1]


def expect_quiet(page, world):
    """Nothing was complained of, nor asked of anybody else."""
    expect_equal(page.violations, [], "violations of the Content-Security-Policy")
    expect_equal(page.messages, [], "what the page complained of")
    others = [url for url in page.requests if not url.startswith((world.console + "/", "data:", "about:"))]
    expect_equal(others, [], "requests to others")


def verified(page):
    page.wait("document.querySelector('.proof .verdict') !== null")
    return page.text(".proof")
