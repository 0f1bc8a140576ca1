#!/usr/bin/env python3
"""The auditor's page in a real browser, before a cluster of real processes: console.py SCENARIO --programs FOLDER.

  page      what is loaded, the numbers, search, events, proofs, live events, keys, a phone's width, contrast
  away      the auditor ends and comes back
  sign-in   a console that asks who is there

Each case that fails is told on standard error. The last line of the output is `N cases, F failed`; the exit status is 0
only where none did. ESTUARY_SCREENSHOTS names a folder that pictures of the views are put into.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
import traceback

# First: it knows where the cluster's module is.
from world import World, expect
import access
import looks
import proofs
import reading
from cluster import Trouble as ClusterTrouble
from devtools import Trouble


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
    access.add_user(world, "eva", "viewer")
    access.add_user(world, "alice", "auditor")
    world.cluster.start_all()


SCENARIOS = {
    "page": (prepare_page, [
        reading.loads_by_itself, reading.numbers_are_true, reading.finds_and_pages, reading.decodes_a_certificate,
        proofs.proves_in_the_browser, proofs.finds_what_was_tampered_with, proofs.tells_which_process_is_silent,
        looks.fits_a_phone, looks.reads_in_light_and_dark, reading.shows_events_as_they_come,
        reading.works_by_keyboard]),
    "away": (prepare_away, [access.says_when_the_auditor_is_away]),
    "sign-in": (prepare_sign_in, [
        access.asks_who_is_there, access.a_viewer_may_only_look, access.an_auditor_may_export,
        access.a_session_that_ends_leads_back]),
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
