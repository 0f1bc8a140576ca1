"""An auditor that goes away and comes back, and one that asks who is there."""

import subprocess

from world import expect, expect_equal

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
