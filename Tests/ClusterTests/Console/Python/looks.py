"""How the page looks: on a phone, in light and in dark."""

from world import expect, expect_equal, verified


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
