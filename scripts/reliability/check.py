#!/usr/bin/env python3
"""Compares what devices were given with the ledger and the event log of a stopped cluster.

It shares no code with the signer or the auditor: it reads their SQLite files, read only, by its own SQL. Prints what is
wrong on standard error, and as the last line `N kills, L lost, D duplicates, U unlogged`; the exit status is 1 unless
the last three are 0.

  lost        what a device was answered with and the ledger lacks; a request that was never answered, or refused
              although the device was entitled; a use of a secret that was burned for nothing; damage to a file
  duplicates  more than one certificate for a request, or one for two requests; a secret that was used more often than
              allowed; an event that is there twice
  unlogged    a certificate without its event, an event without its certificate, a gap between the signer's events and
              the auditor's
"""

import argparse
import base64
import collections
import hashlib
import json
import pathlib
import sqlite3
import sys

from der import identity

ISSUING = {"issued", "node-certificate-issued", "responder-certificate-issued"}
SHOWN = 20


class Findings:
    """What is wrong, by kind."""

    def __init__(self):
        self.counts = collections.Counter()

    def add(self, kind, text):
        self.counts[kind] += 1
        if self.counts[kind] <= SHOWN:
            print(f"{kind}: {text}", file=sys.stderr)
        elif self.counts[kind] == SHOWN + 1:
            print(f"{kind}: and more", file=sys.stderr)


def fetch(path, sql):
    """All rows of a query, by a connection that can't write."""
    connection = sqlite3.connect(f"{pathlib.Path(path).absolute().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def fingerprint(der):
    return hashlib.sha256(der).hexdigest()


class Ledger:
    """What the signer's file has."""

    def __init__(self, path):
        self.damage = [text for (text,) in fetch(path, "PRAGMA integrity_check") if text != "ok"]
        self.certificates = {}
        self.repeated = []
        for serial, device, der in fetch(path, "SELECT hex(serial), device, der FROM certificate"):
            key = fingerprint(der)
            if key in self.certificates:
                self.repeated.append(serial)
            self.certificates[key] = (serial.lower(), device, der)
        self.secrets = fetch(path, "SELECT id, lower(hex(sha256)), uses, used, reserved FROM secret")
        self.outbox = fetch(path, "SELECT sequence, line FROM outbox ORDER BY sequence")
        meta = dict(fetch(path, "SELECT key, value FROM meta WHERE key IN ('delivered', 'incarnation')"))
        self.delivered = meta.get("delivered", 0)
        self.incarnation = meta.get("incarnation")


class Log:
    """What the auditor's file has."""

    def __init__(self, path):
        self.damage = [text for (text,) in fetch(path, "PRAGMA integrity_check") if text != "ok"]
        rows = fetch(path, """
            SELECT events.place, runs.source, runs.run, events.sequence, events.line
            FROM events LEFT JOIN runs ON runs.id = events.run_id ORDER BY events.place""")
        self.lines = {(source, run, sequence): line for _, source, run, sequence, line in rows}
        self.places = [place for place, *_ in rows]
        self.sequences = collections.defaultdict(list)
        self.issued = []
        for _, source, run, sequence, line in rows:
            self.sequences[source, run].append(sequence)
            event = json.loads(line)
            if event["type"] in ISSUING:
                self.issued.append(event)


def check_files(ledger, log, findings):
    for name, file in (("ledger", ledger), ("event log", log)):
        for text in file.damage:
            findings.add("lost", f"the {name} is damaged: {text}")


def check_ledger_against_log(ledger, log, findings):
    """Ledger and issued events are one to one."""
    events = collections.Counter(fingerprint(base64.b64decode(event["certificate"])) for event in log.issued)
    for serial in ledger.repeated:
        findings.add("duplicates", f"the certificate {serial} is in the ledger twice")
    for key, (serial, _, _) in ledger.certificates.items():
        if events[key] == 0:
            findings.add("unlogged", f"the certificate {serial} has no event")
        elif events[key] > 1:
            findings.add("duplicates", f"the certificate {serial} has {events[key]} events")
    for event in log.issued:
        held = ledger.certificates.get(fingerprint(base64.b64decode(event["certificate"])))
        if held is None:
            findings.add("unlogged", f"the event {event['id']} tells of a certificate that is not in the ledger")
        elif held[0] != event["serial"].lower().lstrip("0").rjust(len(held[0]), "0"):
            findings.add("unlogged", f"the event {event['id']} has another serial number than its certificate")
    requests = collections.Counter(event["request_digest"] for event in log.issued if event["type"] == "issued")
    for digest, count in requests.items():
        if count > 1:
            findings.add("duplicates", f"the request with the digest {digest} led to {count} certificates")


def check_numbers(ledger, log, findings):
    """The auditor has what the signer has recorded, each event once, in order, without a gap."""
    for (source, run), sequences in log.sequences.items():
        if sequences != list(range(1, len(sequences) + 1)):
            findings.add("unlogged", f"the events of {source}, run {run}, have a gap or are out of order")
    if log.places != list(range(1, len(log.places) + 1)):
        findings.add("unlogged", "the places of the event log have a gap")
    for sequence, line in ledger.outbox:
        source = json.loads(line)["source"]
        stored = log.lines.get((source, ledger.incarnation, sequence))
        # The signer's last events come after the auditor's last acknowledgement where both are stopped.
        if stored is None and (sequence <= ledger.delivered or json.loads(line)["type"] in ISSUING):
            findings.add("unlogged", f"the auditor lacks the signer's event {sequence}")
        elif stored is not None and stored != line:
            findings.add("unlogged", f"the auditor has another event {sequence} than the signer")


def check_requests(entries, ledger, log, findings):
    """What devices hold is in the ledger; each request led to one certificate, and each certificate to one request."""
    holders = collections.defaultdict(list)
    asked, open_requests = collections.Counter(), collections.Counter()
    for entry in entries:
        what = f"{entry['device']}, {entry['operation']}"
        who = (entry["device"], entry["key"])
        held = {fingerprint(base64.b64decode(text)) for text in entry["certificates"]}
        if len(held) > 1:
            findings.add("duplicates", f"{what}: answered with {len(held)} different certificates")
        for key in held:
            holders[key].append(what)
            if key not in ledger.certificates:
                findings.add("lost", f"{what}: was given a certificate that is not in the ledger")
        if held:
            asked[who] += 1
        elif entry.get("refusal") is None:
            open_requests[who] += 1
            findings.add("lost", f"{what}: not answered after {entry['tries']} tries: {entry.get('lastTrouble')}")
        elif not entry["mayBeRefused"]:
            findings.add("lost", f"{what}: refused though entitled: {entry['refusal']}")
        if entry.get("contradiction") is not None:
            findings.add("lost", f"{what}: answered, and refused another time: {entry['contradiction']}")
    for key, requests in holders.items():
        if len(requests) > 1:
            findings.add("duplicates", f"one certificate was the answer to several requests: {requests}")
    issued = collections.Counter(identity(der) for _, device, der in ledger.certificates.values() if device is not None)
    for who, count in issued.items():
        if count > asked[who] + open_requests[who]:
            findings.add(
                "duplicates", f"{who[0]}: {count} certificates for a key with which {asked[who]} requests were answered")


def check_secrets(entries, ledger, log, findings):
    """No secret was used more often than allowed, nor a use burned without a certificate."""
    paid = collections.Counter(event.get("principal") for event in log.issued if event["type"] == "issued")
    held = collections.defaultdict(set)
    for entry in entries:
        if entry.get("secret"):
            held[entry["secret"]].update(entry["certificates"])
    for name, digest, uses, used, reserved in ledger.secrets:
        issued = paid[f"secret:{name}"]
        if max(used + reserved, issued, len(held[digest])) > uses:
            findings.add(
                "duplicates", f"the secret {name} is good for {uses} uses: {used} are burned, {issued} certificates "
                f"were issued, devices hold {len(held[digest])}")
        if used + reserved > issued:
            findings.add("lost", f"of the secret {name} {used + reserved} uses are taken for {issued} certificates")
        elif used < issued:
            findings.add("duplicates", f"of the secret {name} {used} uses are burned for {issued} certificates")


def check(state, journal):
    """Everything that is wrong, as Findings, and the journal's entries."""
    findings = Findings()
    with open(journal) as file:
        entries = [json.loads(line) for line in file]
    try:
        ledger, log = Ledger(f"{state}/signer/ledger.sqlite"), Log(f"{state}/auditor/events.sqlite")
    except sqlite3.DatabaseError as error:
        findings.add("lost", f"a file of the cluster can't be read: {error}")
        return findings, entries
    check_files(ledger, log, findings)
    check_ledger_against_log(ledger, log, findings)
    check_numbers(ledger, log, findings)
    check_requests(entries, ledger, log, findings)
    check_secrets(entries, ledger, log, findings)
    return findings, entries


def main():
    parser = argparse.ArgumentParser(prog="check.py", description=__doc__.split("\n")[0])
    parser.add_argument("--state", required=True, help="the cluster's state directory")
    parser.add_argument("--journal", required=True, help="what the devices wrote down")
    parser.add_argument("--kills", type=int, default=0, help="how many processes were killed, for the last line")
    parser.add_argument("--least", type=int, default=1, help="how many answered requests there must be")
    options = parser.parse_args()
    findings, entries = check(options.state, options.journal)
    answered = sum(1 for entry in entries if entry["certificates"])
    print(f"{answered} requests answered with a certificate, {sum(entry['tries'] for entry in entries)} tries, "
          f"{sum(entry['notServed'] for entry in entries)} of them told to come later, "
          f"{sum(entry['cutOff'] for entry in entries)} cut off, "
          f"{sum(1 for entry in entries if entry.get('refusal'))} refused rightly or wrongly")
    counts = findings.counts
    print(f"{options.kills} kills, {counts['lost']} lost, {counts['duplicates']} duplicates, "
          f"{counts['unlogged']} unlogged")
    if answered < options.least:
        print(f"only {answered} requests were answered: this shows nothing", file=sys.stderr)
        return 1
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main())
