"""Chromium without a screen, driven through its DevTools protocol over a pipe: no port, nothing but Python's own library.

A page is asked by expressions that it evaluates. Whatever is waited for is a condition with a limit.
"""

import base64
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

LIMIT = 30.0


class Trouble(Exception):
    """Something that must not happen, or a condition that did not come true in time."""


class Browser:
    """The browser's process, with a profile of its own that is removed at the end."""

    def __init__(self):
        program = shutil.which("chromium")
        if program is None:
            raise Trouble("chromium is missing: scripts/test installs it (Debian's package chromium)")
        self.profile = tempfile.mkdtemp(prefix="estuary-browser-")
        self.answers = {}
        self.number = 0
        self.lock = threading.Lock()
        self.pages = {}
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        # It reads from descriptor 3 and writes to descriptor 4.
        command = [
            "bash", "-c", f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}', program,
            "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-default-browser-check", "--hide-scrollbars",
            "--password-store=basic", "--lang=en-US", "--ignore-certificate-errors",
        ]
        # Its sandbox refuses to run as root, as a container of a test does.
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        self.errors = open(os.path.join(self.profile, "errors"), "wb")
        self.process = subprocess.Popen(
            [*command, "about:blank"], pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=self.errors, start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        threading.Thread(target=self._read, daemon=True).start()
        self.send("Browser.getVersion")

    def _read(self):
        rest = b""
        while True:
            try:
                piece = os.read(self.input, 1 << 20)
            except OSError:
                piece = b""
            if not piece:
                break
            *messages, rest = (rest + piece).split(b"\0")
            for message in messages:
                self._take(json.loads(message))
        with self.lock:
            waiting, self.answers = list(self.answers.values()), None
        for answer in waiting:
            answer.put({"error": {"message": "the browser has ended"}})

    def _take(self, message):
        if "id" in message:
            with self.lock:
                answer = self.answers.pop(message["id"], None)
            if answer is not None:
                answer.put(message)
        elif (page := self.pages.get(message.get("sessionId"))) is not None:
            page.take(message["method"], message["params"])

    def send(self, method, parameters=None, session=None, waits=True):
        """Calls a method; its result, where one is waited for."""
        answer = queue.Queue()
        with self.lock:
            if self.answers is None:
                raise Trouble("the browser has ended: " + self.said())
            self.number += 1
            message = {"id": self.number, "method": method, "params": parameters or {}}
            if session is not None:
                message["sessionId"] = session
            if waits:
                self.answers[self.number] = answer
            data = json.dumps(message).encode() + b"\0"
            while data:
                data = data[os.write(self.output, data):]
        if not waits:
            return None
        try:
            result = answer.get(timeout=LIMIT)
        except queue.Empty:
            raise Trouble(f"the browser does not answer {method}: {self.said()}") from None
        if "error" in result:
            raise Trouble(f"{method}: {result['error']['message']}")
        return result["result"]

    def said(self):
        self.errors.flush()
        with open(self.errors.name, errors="replace") as file:
            return file.read()[-2000:]

    def page(self, **options):
        return Page(self, **options)

    def close(self):
        """Ends it, however it is, with all that it has started."""
        end = time.monotonic() + 5
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(LIMIT)
            # Its helpers write to the profile until they are gone.
            while time.monotonic() < end:
                os.killpg(self.process.pid, signal.SIGKILL)
                time.sleep(0.02)
        except ProcessLookupError:
            pass
        os.close(self.output)
        self.errors.close()
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    """A tab in a context of its own: with no cookie, nor anything kept, of another."""

    def __init__(self, browser, width=1280, height=900, dark=False):
        self.browser = browser
        # What the page said, asked for and was refused.
        self.messages, self.requests, self.violations = [], [], []
        # Answers that are changed on their way: (part of the path, a function of status, headers and body).
        self.tampering, self.tampered = [], 0
        self.context = browser.send("Target.createBrowserContext")["browserContextId"]
        self.target = browser.send(
            "Target.createTarget", {"url": "about:blank", "browserContextId": self.context})["targetId"]
        self.session = browser.send("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
            self.send(f"{domain}.enable")
        self.shape(width, height, dark)

    def send(self, method, parameters=None, waits=True):
        return self.browser.send(method, parameters, self.session, waits)

    def take(self, method, event):
        """An event of the browser's: read by the thread that reads, so that nothing here may wait for an answer."""
        if method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.messages.append(" ".join(str(one.get("value", one.get("description"))) for one in event["args"]))
        elif method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.messages.append(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif method == "Audits.issueAdded" and event["issue"]["code"] == "ContentSecurityPolicyIssue":
            self.violations.append(json.dumps(event["issue"]["details"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Fetch.requestPaused":
            threading.Thread(target=self._tamper, args=(event,), daemon=True).start()

    # Changed answers

    def tamper(self, part, change):
        """Changes the bodies of the answers whose URL contains a part."""
        self.tampering.append((part, change))
        self.send("Fetch.enable", {"patterns": [
            {"urlPattern": f"*{part}*", "requestStage": "Response"} for part, _ in self.tampering]})

    def stop_tampering(self):
        self.tampering = []
        self.send("Fetch.disable")

    def _tamper(self, event):
        request = event["requestId"]
        try:
            answer = self.send("Fetch.getResponseBody", {"requestId": request})
            body = base64.b64decode(answer["body"]) if answer["base64Encoded"] else answer["body"].encode()
            for part, change in self.tampering:
                if part in event["request"]["url"]:
                    body = change(body)
                    self.tampered += 1
            headers = [
                header for header in event["responseHeaders"] if header["name"].lower() != "content-length"]
            self.send("Fetch.fulfillRequest", {
                "requestId": request, "responseCode": event["responseStatusCode"], "responseHeaders": headers,
                "body": base64.b64encode(body).decode()})
        except Exception as error:  # Whatever it is, the page waits for an answer.
            self.messages.append(f"an answer could not be changed: {error!r}")
            self.send("Fetch.failRequest", {"requestId": request, "errorReason": "Failed"}, waits=False)

    # What it is and does

    def shape(self, width, height, dark=False):
        self.send("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.send("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def open(self, url):
        failure = self.send("Page.navigate", {"url": url}).get("errorText")
        if failure:
            raise Trouble(f"{url} can't be opened: {failure}")

    def evaluate(self, expression):
        answer = self.send("Runtime.evaluate", {
            "expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True})
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Trouble(f"{expression}: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    def wait(self, expression, limit=LIMIT):
        """Waits until the page evaluates an expression to something true, which is returned."""
        end = time.monotonic() + limit
        while True:
            try:
                if value := self.evaluate(expression):
                    return value
                problem = ""
            except Trouble as trouble:
                # Between two documents there is nothing to ask.
                problem = f" ({trouble})"
            if time.monotonic() > end:
                raise Trouble(
                    f"within {limit:.0f} s this did not come true{problem}: {expression}\n"
                    f"The page says: {self.evaluate('document.body.innerText')[:1500]}\n{self.messages}")
            time.sleep(0.05)

    def text(self, selector="main"):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def wait_for_text(self, text, selector="body", limit=LIMIT):
        return self.wait(
            f"(document.querySelector({json.dumps(selector)})?.innerText ?? '').includes({json.dumps(text)})", limit)

    def click(self, selector):
        """Clicks where the middle of an element is, as a pointer does."""
        self.wait(f"document.querySelector({json.dumps(selector)}) !== null")
        x, y = self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView("
            "{block: 'center'}); const box = one.getBoundingClientRect(); "
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", {
                "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1})

    def press(self, key, code=None):
        """Presses a key, by the name that KeyboardEvent.key has."""
        event = {"key": key, "code": code or key}
        if len(key) == 1:
            event["text"] = key
        elif key == "Enter":
            event.update(text="\r", windowsVirtualKeyCode=13)
        elif key in ("Tab", "Escape", "ArrowLeft", "ArrowRight", "End"):
            event["windowsVirtualKeyCode"] = {
                "Tab": 9, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "End": 35}[key]
        self.send("Input.dispatchKeyEvent", {"type": "keyDown", **event})
        event.pop("text", None)
        self.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, text):
        self.send("Input.insertText", {"text": text})

    def fill(self, selector, text):
        self.wait(f"document.querySelector({json.dumps(selector)}) !== null")
        self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.focus(); one.select?.(); }})()")
        self.type(text)

    def screenshot(self, path, whole=False):
        options = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot", options)["data"]))

    def close(self):
        self.send("Target.closeTarget", {"targetId": self.target}, waits=False)
        self.browser.send("Target.disposeBrowserContext", {"browserContextId": self.context})
        self.browser.pages.pop(self.session, None)
