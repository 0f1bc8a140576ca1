#!/usr/bin/env python3
"""The auditor's page in a real browser, before a cluster of real processes: console.py SCENARIO --programs FOLDER.

  page      what is loaded, the numbers, search, events, proofs, live events, keys, a phone's width, contrast
  away      the auditor ends and comes back
  sign-in   a console that asks who is there

Each case that fails is told on standard error. The last line of the output is `N cases, F failed`; the exit status is 0
only where none did. ESTUARY_SCREENSHOTS names a folder that pictures of the views are put into.
"""

import argparse
import collections
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../../scripts/reliability"))

from cluster import Cluster, Trouble as ClusterTrouble, wait_until  # noqa: E402
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


# MARK: page

def loads_by_itself(world):
    with urllib.request.urlopen(world.console + "/", timeout=20) as answer:
        policy, html = answer.headers["Content-Security-Policy"], answer.read().decode()
    for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"):
        expect(part in policy, f"the policy lacks {part}: {policy}")
    expect("unsafe" not in policy, f"the policy is not strict: {policy}")
    expect(not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", html), "something stands inline in the page")
    for path in ("", "#/events", f"#/events/{world.place_of(type='issued')}"):
        page = world.page(path)
        page.wait("document.querySelector('main h1') !== null")
        if not path:
            world.wait_for_overview(page)
        page.wait("document.querySelector('#live.live') !== null || location.hash.length > 9")
        expect_quiet(page, world)


def numbers_are_true(world):
    events = world.events()
    issued = collections.Counter(event["operation"] for event in events if event["type"] == "issued")
    told = collections.Counter()
    for event in events:
        if event["type"] in ("denied", "coalesced"):
            told["shed" if event["decision"] == "deferred" else "denied"] += event.get("count", 1)
    expected = {"enrolled": issued["simpleenroll"], "renewed": issued["simplereenroll"], **told}
    expect(len(expected) == 4 and all(expected.values()), f"the cluster was to have each of them: {expected}")
    page = world.page()
    world.wait_for_overview(page)
    tiles = dict(page.evaluate(
        "[...document.querySelectorAll('.tile')].map((tile) => ['title', 'value'].map((part) => "
        "tile.querySelector(`.tile-${part}`).textContent))"))
    for name, value in expected.items():
        expect_equal(tiles[name.capitalize()], str(value), f"the tile {name}")
    expect_equal(tiles["Expiring"], str(world.get("/api/v1/certificates/expiring?within=7d")["total"]), "what expires")
    # The legends, and what the charts have as tables.
    legends = dict(page.evaluate(
        "[...document.querySelectorAll('.legend li')].map((one) => [one.textContent.trim().replace(/ \\S+$/, ''), "
        "one.querySelector('b').textContent])"))
    tables = dict(page.evaluate(
        "[...document.querySelectorAll('figure table')].flatMap((table) => [...table.tHead.rows[0].cells].slice(1)"
        ".map((head, index) => [head.textContent, [...table.tBodies[0].rows].reduce((sum, row) => "
        "sum + Number(row.cells[index + 1].textContent), 0)]))"))
    for name, value in expected.items():
        expect_equal(legends[name], str(value), f"the legend's {name}")
        expect_equal(tables[name], value, f"the table's {name}")
    expect(page.evaluate("document.querySelectorAll('.chart .series-0').length") > 0, "the chart has no column")
    labels = collections.Counter(event["label"] for event in events if event.get("label"))
    for label, number in labels.items():
        row = page.evaluate(
            "[...document.querySelectorAll('#labels tbody tr')].find((row) => row.cells[0].textContent === "
            f"{json.dumps(label)})?.cells[2].textContent")
        expect((row or "").startswith(f"{number} ·"), f"the row of the label {label}: {row}, of {number} events")
    expect("frontend-1" in page.text("#frontends"), "no rate of the frontend")
    processes = page.text("#processes")
    for name in ("auditor", "signer", "frontend-1"):
        expect(name in processes, f"{name} is not among the processes")
    page.wait_for_text("has cosigned", "#log")
    expect_quiet(page, world)
    world.screenshot(page, "overview-light", whole=True)


def finds_and_pages(world):
    total = sum(event["type"] == "secret-created" for event in world.events())
    expect(total > 50, f"a page was to be full, of {total}")
    page = world.page("#/events")
    page.wait("document.querySelectorAll('tbody tr').length === 50")
    page.evaluate("(() => { document.querySelector('#search-type').value = 'secret-created'; })()")
    page.click(".filters button.primary")
    page.wait("location.hash.includes('type=secret-created') && document.querySelectorAll('tbody tr').length === 50 "
              "&& document.querySelector('#next-page') !== null && document.querySelector('#previous-page') === null "
              "&& [...document.querySelectorAll('tbody tr')].every((row) => row.textContent.includes('secret-created'))")
    places = "[...document.querySelectorAll('tbody a.open')].map((one) => Number(one.textContent))"
    first = page.evaluate(places)
    page.click("#next-page")
    page.wait(f"document.querySelectorAll('tbody tr').length === {total - 50}")
    rest = page.evaluate(places)
    expect_equal(len(set(first + rest)), total, "different events on both pages")
    expect(min(first) > max(rest), "the pages are not in order")
    expect(page.evaluate("document.querySelector('#next-page') === null"), "the last page has a next one")
    page.click("#previous-page")
    page.wait("document.querySelectorAll('tbody tr').length === 50")
    expect_equal(page.evaluate(places), first, "the first page again")
    # Words, and filters together.
    page.open(world.console + "/#/events")
    page.wait("location.hash === '#/events' && document.querySelectorAll('tbody tr').length === 50")
    serial = next(event["serial"] for event in world.events() if event.get("operation") == "simplereenroll")
    page.fill("#search-text", f"issued {serial} default")
    page.press("Enter")
    page.wait(f"location.hash.includes('{serial}') && document.querySelectorAll('tbody tr').length === 1")
    expect("pump-1" in page.text("tbody"), "another event was found")
    page.evaluate("(() => { document.querySelector('#search-decision').value = 'denied'; })()")
    page.click(".filters button.primary")
    page.wait_for_text("No event is like that.")
    page.open(world.console + "/#/events?since=yesterday")
    page.wait_for_text("The search can't be done")
    page.open(world.console + "/#/events?name=x")
    page.wait_for_text("The search can't be done")
    expect_equal(page.violations, [], "violations of the Content-Security-Policy")
    page.open(world.console + "/#/events")
    page.wait("location.hash === '#/events' && document.querySelectorAll('tbody tr').length === 50")
    world.screenshot(page, "events-light")


def decodes_a_certificate(world):
    def openssl(*options):
        return subprocess.run(
            ["openssl", "x509", "-in", world.file("pump-1", "pem"), "-noout", *options], check=True, text=True,
            capture_output=True).stdout.split("=", 1)[1].strip()

    page = world.page("#/events?type=issued&subject=pump-1")
    page.wait("document.querySelectorAll('tbody tr').length === 2")
    # The newer one is the renewal.
    page.click("tbody a.open")
    page.wait("document.querySelector('#certificate-title') !== null")
    shown = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[aria-labelledby=certificate-title] .fields > div')]"
        ".map((row) => [row.querySelector('dt').textContent, row.querySelector('dd').textContent]))")
    expect_equal(shown["Serial"].lower().lstrip("0"), openssl("-serial").lower().lstrip("0"), "the serial")
    fingerprint = openssl("-fingerprint", "-sha256").replace(":", "").lower()
    expect_equal(shown["Fingerprint (SHA-256)"].replace(":", "").lower(), fingerprint, "the fingerprint")
    expect("pump-1" in shown["Subject"], f"the subject: {shown['Subject']}")
    for name in ("Issuer", "Valid from", "Valid to", "Key"):
        expect(shown.get(name), f"{name} is not shown: {shown}")
    fields = page.text("[aria-labelledby=fields-title]")
    expect("simplereenroll" in fields and "certificate:" in fields, f"fields are missing: {fields}")
    place = page.evaluate("location.hash.split('/').pop()")
    expect_equal(page.text(".line"), world.get(f"/api/v1/events/{place}")["line"], "the exact line")
    expect_quiet(page, world)


def verified(page):
    page.wait("document.querySelector('.proof .verdict') !== null")
    return page.text(".proof")


def proves_in_the_browser(world):
    place = world.place_of(type="issued")
    wait_until("the witness has cosigned", lambda: world.get("/api/v1/status")["witness"]["size"] >= place)
    page = world.page(f"#/events/{place}")
    text = verified(page)
    for part in ("Verified: the log has this event", "signed by the log's key", "cosigned by the witness's key",
                 "leaf hash", "checkpoint's root", "Not proven"):
        expect(part in text, f"the proof does not say «{part}»: {text}")
    keys = [world.cluster.estuary("audit", "key", *option).strip() for option in ([], ["--witness"])]
    expect_equal([page.text("#log-key"), page.text("#witness-key")], keys, "the keys that are shown")
    world.screenshot(page, "event-light", whole=True)
    page.click("#pin")
    page.wait("document.querySelector('#unpin') !== null")
    page.open("about:blank")
    page.open(f"{world.console}/#/events/{place}")
    text = verified(page)
    expect("Verified" in text and "judged by the keys that this browser keeps" in text, f"not kept: {text}")
    expect_quiet(page, world)
    # Another auditor, with keys of its own, is not believed any more.
    status = world.get("/api/v1/status")
    for owner, key in (("log", status["log"]["key"]), ("witness", status["witness"]["key"])):
        other = key[:-6] + ("AAAAA" if key[-6:-1] != "AAAAA" else "BBBBB") + key[-1]
        page.tamper("/api/v1/status", lambda body, key=key, other=other: body.replace(key.encode(), other.encode()))
        page.open("about:blank")
        page.open(f"{world.console}/#/events/{place}")
        text = verified(page)
        expect(f"The {owner}'s key is not the one that this browser keeps" in text, f"no warning: {text}")
        page.stop_tampering()


def flip(text, character):
    """Another character of base64 in its place."""
    return text[:character] + ("A" if text[character] != "A" else "B") + text[character + 1:]


def change_line(number, character=12):
    def change(body):
        lines = body.decode().split("\n")
        lines[number] = flip(lines[number], character)
        return "\n".join(lines).encode()
    return change


def change_event(body):
    """The event's own answer, and not the proof's, whose address begins with the same."""
    if body.startswith(b"c2sp.org/"):
        return body
    entry = json.loads(body)
    entry["line"] = entry["line"].replace("allowed", "refused")
    return json.dumps(entry).encode()


def without_cosignature(body):
    lines = body.decode().split("\n")
    return "\n".join(line for line in lines if not line.startswith("— estuary-witness/")).encode()


def with_alarm(body):
    status = json.loads(body)
    status["witness"]["alarm"] = "The log's tree has lost events that were there."
    return json.dumps(status).encode()


def finds_what_was_tampered_with(world):
    place = world.place_of(type="issued")
    proof = urllib.request.urlopen(f"{world.console}/api/v1/events/{place}/proof").read().decode().split("\n")
    root, signature, cosignature = -5, -3, -2
    expect(proof[cosignature].startswith("— estuary-witness/"), f"the proof is another: {proof}")
    key = len(proof[signature].split(" ")[1]) + 40
    event, path = f"/api/v1/events/{place}", f"/api/v1/events/{place}/proof"
    cases = [
        ("the line", event, change_event, "another root"),
        ("a hash of the path", path, change_line(2), "another root"),
        ("the index", path, lambda body: body.replace(b"\nindex ", b"\nindex 1"), "FAILED"),
        ("the root", path, change_line(root), "signature does not verify"),
        ("the log's signature", path, change_line(signature, key), "signature does not verify"),
        ("the witness's cosignature", path, change_line(cosignature, key + 20), "cosignature does not verify"),
        ("all of it", path, lambda body: b"nothing", "FAILED"),
    ]
    for name, part, change, text in cases:
        page = world.page(f"#/events/{place}", tampering=(part, change))
        said = verified(page)
        expect(page.tampered, f"{name} was not changed")
        expect("FAILED" in said and text in said and "Verified:" not in said, f"{name} was changed, and it says: {said}")
        if name == "a hash of the path":
            world.screenshot(page, "event-tampered", whole=True)
        page.close()
        world.pages.remove(page)
    page = world.page(f"#/events/{place}", tampering=(path, without_cosignature))
    said = verified(page)
    expect("Verified" in said and "not witnessed" in said, f"without a cosignature it says: {said}")
    page = world.page("#/", tampering=("/api/v1/status", with_alarm))
    page.wait_for_text("The witness does not agree with this log", "#alarm-content")
    page.wait("document.querySelector('.tile.bad') !== null")
    page.wait_for_text("lost events that were there", "#log")
    world.screenshot(page, "overview-alarm")


def tells_which_process_is_silent(world):
    sources = {source["name"]: source for source in world.get("/api/v1/status")["sources"]}
    for name in ("signer", "frontend-1"):
        expect(sources[name].get("heardAt") and sources[name].get("backlog") == 0, f"of {name} is told: {sources[name]}")

    def change(**fields):
        def tamper(body):
            status = json.loads(body)
            next(source for source in status["sources"] if source["name"] == "frontend-1").update(fields)
            return json.dumps(status).encode()
        return tamper

    for fields, word in (
            ({}, "running"), ({"heardAt": "2026-01-01T00:00:00Z", "backlog": 41}, "silent"),
            ({"heardAt": None}, "not heard of"), ({"closed": True}, "stopped")):
        page = world.page("#/", tampering=("/api/v1/status", change(**fields)))
        world.wait_for_overview(page)
        row = page.evaluate(
            "[...document.querySelectorAll('#processes tbody tr')].find((row) => row.cells[0].textContent === "
            "'frontend-1').innerText")
        expect(word in row and str(fields.get("backlog", "")) in row, f"with {fields} it says: {row}")
        expect(page.tampered, "nothing was changed")


def shows_events_as_they_come(world):
    page = world.page("#/events")
    page.wait("document.querySelectorAll('tbody tr').length === 50")
    page.wait_for_text("Live", "#live")
    other = world.page("#/")
    world.wait_for_overview(other)
    enrolled = int(other.text(".tile-value"))
    for one in (page, other):
        one.evaluate("(() => { window.isSame = true; })()")
    with open(f"{world.cluster.state}/enrollment-secret") as file:
        world.device("enroll", "live-1", file.read().strip())
    for one in (page, other):
        one.wait("[...document.querySelectorAll('tbody tr.new')].some((row) => row.textContent.includes('live-1'))")
    other.wait(f"document.querySelector('.tile-value').textContent === '{enrolled + 1}'")
    for one in (page, other):
        expect(one.evaluate("window.isSame === true"), "the page was loaded again")
        expect_quiet(one, world)
    # Only what fits the search arrives.
    page.open(f"{world.console}/#/events?type=secret-created&text=live-3")
    page.wait_for_text("No event is like that.")
    page.wait_for_text("Live", "#live")
    world.cluster.estuary("token", "create", "--name", "live-2")
    world.cluster.estuary("token", "create", "--name", "live-3")
    page.wait("document.querySelectorAll('tbody tr.new').length === 1")
    page.click("#pause")
    page.wait_for_text("Paused", "#live")
    world.cluster.estuary("token", "create", "--name", "live-3", "--ttl", "1h")
    world.cluster.wait_until_audited()
    expect(page.evaluate("document.querySelectorAll('tbody tr.new').length === 1"), "it was not paused")
    page.click("#pause")
    page.wait("document.querySelectorAll('tbody tr.new').length === 2")


def works_by_keyboard(world):
    page = world.page("#/")
    world.wait_for_overview(page)
    page.press("?")
    page.wait("document.querySelector('#shortcuts').open")
    world.screenshot(page, "shortcuts")
    page.press("Escape")
    page.wait("!document.querySelector('#shortcuts').open")
    page.press("/")
    page.wait("location.hash.startsWith('#/events') && document.activeElement.id === 'search-text'")
    page.type("pump-2")
    page.press("Enter")
    page.wait("location.hash.includes('text=pump-2') && document.querySelectorAll('tbody tr').length > 0 "
              "&& document.querySelectorAll('tbody tr').length < 50")
    page.press("Escape")
    page.evaluate("(() => { document.activeElement.blur(); })()")
    page.press("o")
    page.wait("location.hash === '#/'")
    page.press("e")
    page.wait("location.hash === '#/events' && document.querySelectorAll('tbody tr').length === 50")
    places = page.evaluate("[...document.querySelectorAll('tbody a.open')].map((one) => one.textContent)")
    for key, index in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.press(key)
        expect_equal(page.evaluate("document.activeElement.textContent"), places[index], f"the focus after {key}")
    page.press("Enter")
    page.wait(f"location.hash === '#/events/{places[1]}'")
    page.press("p")
    # A chart is read with the arrow keys.
    page.press("o")
    world.wait_for_overview(page)
    page.evaluate("document.querySelector('.chart').focus()")
    page.press("ArrowLeft")
    page.wait(r"/UTC: enrolled \d+ · renewed \d+/.test(document.querySelector('.readout').textContent)")
    # Everything that can be done is reached with the tab key, and the focus is seen.
    expect_quiet(page, world)
    page = world.page("#/")
    world.wait_for_overview(page)
    page.press("Tab")
    expect_equal(page.evaluate("document.activeElement.id"), "skip", "the first thing that the tab key reaches")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    expect(outline != "none", "the focus is not seen")
    expect_quiet(page, world)


def fits_a_phone(world):
    place = world.place_of(type="issued")
    for name, path in (("overview", "#/"), ("events", "#/events"), ("event", f"#/events/{place}")):
        page = world.page(path, width=360, height=740)
        page.wait("document.querySelector('main h1') !== null")
        if name == "overview":
            world.wait_for_overview(page)
        if name == "event":
            verified(page)
        if name == "events":
            page.wait("document.querySelectorAll('tbody tr').length === 50")
        width = page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
        expect(width <= 360, f"{name} is {width} pixels wide on a phone")
        # What is cut off can't be read: only what scrolls by itself may be wider.
        cut = page.evaluate(
            "[...document.querySelectorAll('main *')].filter((one) => one.getClientRects().length && "
            "!one.closest('.scroll, .hidden, thead, svg') && one.getBoundingClientRect().right > 361)"
            ".map((one) => one.outerHTML.slice(0, 80))")
        expect_equal(cut, [], f"what is cut off in {name}")
        world.screenshot(page, f"{name}-phone", whole=True)


# WCAG 2.2, 1.4.3: the contrast of every text that is shown with what is behind it.
CONTRAST = """
(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255).map((one) => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [.2126, .7152, .0722][index], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.textContent.trim() || !one.getClientRects().length || one.closest(".hidden, noscript, option, dialog, .skip, script")) continue;
    const style = getComputedStyle(one);
    const [text, back] = [light(parse(one.closest("svg") ? style.fill : style.color)), light(behind(one))];
    const contrast = (Math.max(text, back) + .05) / (Math.min(text, back) + .05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)}: ${node.textContent.trim().slice(0, 40)} (${one.className})`);
  }
  return found;
})()
"""


def reads_in_light_and_dark(world):
    place = world.place_of(type="issued")
    backs = []
    for dark in (False, True):
        for name, path in (("overview", "#/"), ("events", "#/events"), ("event", f"#/events/{place}")):
            page = world.page(path, dark=dark)
            page.wait("document.querySelector('main h1') !== null")
            if name == "overview":
                world.wait_for_overview(page)
                backs.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            if name == "event":
                verified(page)
            if name == "events":
                page.wait("document.querySelectorAll('tbody tr').length === 50")
            expect_equal(page.evaluate(CONTRAST), [], f"text of {name} that is hard to read, {'dark' if dark else 'light'}")
            if dark:
                world.screenshot(page, f"{name}-dark", whole=name != "events")
    expect(backs[0] != backs[1], f"light and dark are the same: {backs}")


# MARK: away

def says_when_the_auditor_is_away(world):
    page = world.page("#/")
    world.wait_for_overview(page)
    page.wait_for_text("Live", "#live")
    world.cluster.stop("auditor")
    page.wait_for_text("Live updates lost", "#live")
    page.wait_for_text("The auditor can't be reached", "#alerts")
    expect(page.evaluate("document.querySelectorAll('.tile').length") > 4, "what was shown is gone")
    world.screenshot(page, "away")
    # What can't be had now is an error that says so, on a view that has nothing yet.
    page.evaluate("(() => { location.hash = '#/events'; })()")
    page.wait_for_text("The auditor can't be reached")
    page.evaluate("(() => { location.hash = '#/'; })()")
    world.cluster.start("auditor")
    # By itself, as soon as it is back.
    page.wait("document.querySelector('#alerts').textContent === ''", limit=60)
    world.wait_for_overview(page)
    page.wait("document.querySelector('#live').textContent === 'Live'", limit=60)
    world.cluster.estuary("token", "create", "--name", "back-1")
    page.wait("[...document.querySelectorAll('#recent tr.new')].some((row) => row.textContent.includes('secret-created'))")
    expect_equal(page.violations, [], "violations of the Content-Security-Policy")


# MARK: sign-in

PASSWORD = "correct horse battery"


def add_user(world, name, role):
    subprocess.run(
        [world.cluster.program("estuary"), "audit", "user", "add", name, "--role", role, "--state", world.cluster.state],
        input=PASSWORD + "\n", text=True, check=True, capture_output=True, timeout=60)


def status_of(page, method, path, body="null"):
    return page.evaluate(
        f"fetch('{path}', {{method: '{method}', body: {body}}}).then((answer) => answer.status)")


def sign_in(page, name, password):
    page.fill("#user-name", name)
    page.fill("#password", password)
    page.press("Enter")


def asks_who_is_there(world):
    page = world.page("#/events")
    page.wait("document.activeElement.id === 'user-name'")
    world.screenshot(page, "sign-in")
    sign_in(page, "eva", "not it")
    page.wait_for_text("User or password are not right.")
    world.screenshot(page, "sign-in-wrong")
    expect_equal(page.evaluate("document.querySelector('#password').value"), "", "the password that was wrong")
    expect_equal(status_of(page, "GET", "/api/v1/events"), 401, "events without a session")
    sign_in(page, "eva", PASSWORD)
    page.wait("document.querySelectorAll('tbody tr').length > 0 && document.querySelector('h1').textContent === 'Events'")
    page.wait_for_text("eva (viewer)", "#user")
    expect(page.evaluate("document.cookie === ''"), "a script can read the cookie")


def a_viewer_may_only_look(world):
    page = world.page("#/events")
    page.wait("document.querySelector('#user-name') !== null")
    sign_in(page, "eva", PASSWORD)
    page.wait("document.querySelectorAll('tbody tr').length > 0")
    expect(page.evaluate("document.querySelector('a[download]') === null"), "a viewer is offered the export")
    expect_equal(status_of(page, "GET", "/api/v1/export"), 403, "a viewer's export")
    expect_equal(status_of(page, "POST", "/api/v1/prune", "'{}'"), 403, "a viewer's pruning")
    page.click("#sign-out")
    page.wait_for_text("You are signed out.")
    expect_equal(status_of(page, "GET", "/api/v1/events"), 401, "events after signing out")


def an_auditor_may_export(world):
    page = world.page("#/events")
    page.wait("document.querySelector('#user-name') !== null")
    sign_in(page, "alice", PASSWORD)
    page.wait("document.querySelector('a[download]') !== null")
    expect_equal(status_of(page, "GET", "/api/v1/export"), 200, "an auditor's export")


def a_session_that_ends_leads_back(world):
    page = world.page("#/")
    page.wait("document.querySelector('#user-name') !== null")
    sign_in(page, "alice", PASSWORD)
    world.wait_for_overview(page)
    subprocess.run(
        [world.cluster.program("estuary"), "audit", "user", "remove", "alice", "--state", world.cluster.state],
        check=True, capture_output=True, timeout=60)
    page.wait("document.querySelector('#user-name') !== null")


def prepare_page(world):
    with open(f"{world.cluster.state}/frontend-1/configuration.yaml", "a") as file:
        file.write("\nlimits:\n  enrollments-running: 1\n  enrollments-waiting: 1\n")
    world.cluster.start_all()
    world.populate()


def prepare_away(world):
    world.cluster.start_all()


def prepare_sign_in(world):
    text = world.cluster.configuration("auditor")
    expect("\nconsole:\n" in text, "the auditor's configuration has no console")
    world.cluster.replace_in_configuration("auditor", "\nconsole:\n", "\nconsole:\n  users: users\n")
    add_user(world, "eva", "viewer")
    add_user(world, "alice", "auditor")
    world.cluster.start_all()


SCENARIOS = {
    "page": (prepare_page, [
        loads_by_itself, numbers_are_true, finds_and_pages, decodes_a_certificate, proves_in_the_browser,
        finds_what_was_tampered_with, tells_which_process_is_silent, fits_a_phone, reads_in_light_and_dark,
        shows_events_as_they_come, works_by_keyboard]),
    "away": (prepare_away, [says_when_the_auditor_is_away]),
    "sign-in": (prepare_sign_in, [
        asks_who_is_there, a_viewer_may_only_look, an_auditor_may_export, a_session_that_ends_leads_back]),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--programs", required=True, help="the folder with the built programs")
    parser.add_argument("--case", help="only this one")
    options = parser.parse_args()
    prepare, cases = SCENARIOS[options.scenario]
    cases = [case for case in cases if options.case in (None, case.__name__)]
    # Short: a local socket's path has a limit.
    folder = tempfile.mkdtemp(prefix="est-b", dir="/tmp")
    world = World(options.programs, folder)
    failed = 0
    try:
        world.start()
        prepare(world)
        for case in cases:
            try:
                case(world)
                print(f"ok: {case.__name__}", flush=True)
            except (Trouble, ClusterTrouble) as trouble:
                failed += 1
                print(f"FAILED: {case.__name__}: {trouble}", file=sys.stderr, flush=True)
                traceback.print_exc()
            with contextlib.suppress(Trouble):
                world.close_pages()
    finally:
        world.end()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
