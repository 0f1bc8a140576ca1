#!/usr/bin/env python3
"""Makes a copy of what a crash test has kept, with one thing wrong in it: tamper.py KEPT COPY WHAT.

Without arguments prints what can be wrong, each with the kind that the checker must report.
"""

import base64
import json
import shutil
import sqlite3
import sys


def ledger(folder, *statements):
    execute(f"{folder}/state/signer/ledger.sqlite", statements)


def log(folder, *statements):
    execute(
        f"{folder}/state/auditor/events.sqlite",
        ["DROP TRIGGER events_are_not_changed", "DROP TRIGGER events_are_not_deleted", *statements])


def execute(path, statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        before = connection.total_changes
        connection.execute(statement)
        if statement.split()[0] != "DROP" and connection.total_changes == before:
            raise SystemExit(f"nothing was changed by: {statement}")
    connection.commit()
    connection.close()


def journal(folder, change):
    path = f"{folder}/journal.jsonl"
    with open(path) as file:
        entries = [json.loads(line) for line in file]
    change([entry for entry in entries if entry["certificates"]])
    with open(path, "w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


ISSUED = "line LIKE '%\"type\":\"issued\"%'"
ONE_DEVICE = "(SELECT serial FROM certificate WHERE device IS NOT NULL LIMIT 1)"


def take_other_answer(entries):
    entries[0]["certificates"] = entries[1]["certificates"]


def alter_answer(entries):
    der = bytearray(base64.b64decode(entries[0]["certificates"][0]))
    der[-1] ^= 1
    entries[0]["certificates"] = [base64.b64encode(der).decode()]


TAMPERINGS = {
    "removed-event": ("unlogged", lambda folder: log(
        folder, f"DELETE FROM events WHERE place = (SELECT max(place) FROM events WHERE {ISSUED})")),
    "changed-event": ("unlogged", lambda folder: log(
        folder, f"UPDATE events SET line = replace(line, '\"issued\"', '\"denied\"') WHERE place = "
        f"(SELECT min(place) FROM events WHERE {ISSUED})")),
    "doubled-event": ("duplicates", lambda folder: log(
        folder, "INSERT INTO events SELECT (SELECT max(place) + 1 FROM events), run_id, "
        "(SELECT max(sequence) + 1 FROM events AS other WHERE other.run_id = events.run_id), line "
        f"FROM events WHERE place = (SELECT min(place) FROM events WHERE {ISSUED})")),
    "certificate-without-event": ("unlogged", lambda folder: ledger(
        folder, "INSERT INTO certificate SELECT authority, zeroblob(16), device, CAST(der || x'00' AS BLOB), label, profile, node, "
        "issued_at, not_before, not_after, revoked_at, revocation_reason FROM certificate "
        f"WHERE serial = {ONE_DEVICE}")),
    "certificate-twice": ("duplicates", lambda folder: ledger(
        folder, "INSERT INTO certificate SELECT authority, zeroblob(16), device, der, label, profile, node, "
        "issued_at, not_before, not_after, revoked_at, revocation_reason FROM certificate "
        f"WHERE serial = {ONE_DEVICE}")),
    "removed-certificate": ("lost", lambda folder: ledger(
        folder, f"DELETE FROM certificate WHERE serial = {ONE_DEVICE}")),
    "secret-used-too-often": ("duplicates", lambda folder: ledger(
        folder, "UPDATE secret SET used = used + 1 WHERE id = (SELECT id FROM secret WHERE used = uses LIMIT 1)")),
    "use-burned-for-nothing": ("lost", lambda folder: ledger(
        folder, "UPDATE secret SET used = used + 1 WHERE id = (SELECT id FROM secret WHERE used < uses LIMIT 1)")),
    "use-not-burned": ("duplicates", lambda folder: ledger(
        folder, "UPDATE secret SET used = used - 1 WHERE id = (SELECT id FROM secret WHERE used > 0 LIMIT 1)")),
    "second-answer": ("duplicates", lambda folder: journal(
        folder, lambda entries: entries[0]["certificates"].extend(entries[1]["certificates"]))),
    "same-answer-to-two-requests": ("duplicates", lambda folder: journal(folder, take_other_answer)),
    "answer-that-nobody-recorded": ("lost", lambda folder: journal(folder, alter_answer)),
    "no-answer": ("lost", lambda folder: journal(folder, lambda entries: entries[0]["certificates"].clear())),
    "wrong-refusal": ("lost", lambda folder: journal(
        folder, lambda entries: entries[0].update(certificates=[], refusal="no", mayBeRefused=False))),
}


def main():
    if len(sys.argv) == 1:
        for name, (kind, _) in TAMPERINGS.items():
            print(name, kind)
        return
    kept, copy, name = sys.argv[1:]
    # Sockets can't be copied.
    shutil.copytree(kept, copy, ignore=lambda folder, names: [name for name in names if name in ("admin", "socket")])
    TAMPERINGS[name][1](copy)


if __name__ == "__main__":
    main()
