"""What the page proves in the browser, and what it says of an auditor that tampers with its answers."""

import json
import urllib.request

from cluster import wait_until
from world import expect, expect_equal, expect_quiet, verified


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
