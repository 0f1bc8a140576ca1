"""What the page shows: loading, numbers, search, a certificate, live events, keys."""

import collections
import json
import re
import subprocess
import urllib.request

from world import expect, expect_equal, expect_quiet


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
