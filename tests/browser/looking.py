"""What is looked at in one page, each as a function that gives back complaints; drives the page, opens none."""

from collections.abc import Iterator
from typing import Any

Page = Any  # playwright's, which is installed only where these checks run

# Where the keyboard is: what is focused, whether it can be seen there, and what shows that it is focused.
_FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const box = [...element.getClientRects()].find((rect) => rect.width > 1 && rect.height > 1);
  const style = getComputedStyle(element);
  const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const hit = box && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    number: [...document.querySelectorAll('*')].indexOf(element),
    name: element.tagName.toLowerCase() + ' ' + (element.getAttribute('href') ?? element.id ?? ''),
    shown: Boolean(hit && (element.contains(hit) || hit.contains(element))), ringed };
}"""

# What a keyboard must reach: everything that can be followed, opened, played or scrolled, unless it is folded away.
_REACHABLE = """() => [...document.querySelectorAll(
    'a[href], button, input, summary, audio[controls], video[controls], [tabindex="0"]')]
  .filter((element) => element.checkVisibility())
  .map((element) => [...document.querySelectorAll('*')].indexOf(element))"""

_NAME = """(number) => document.querySelectorAll('*')[number].outerHTML.slice(0, 120)"""

_TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter((element) => !element.closest('.wide, .unseen, .skip') && element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 100)).slice(0, 3)"""


def load_pictures(page: Page) -> None:
    """Load the pictures that wait until somebody scrolls to them."""
    page.evaluate("""() => Promise.all([...document.images].map((image) => {
      image.loading = 'eager';
      return image.decode().catch(() => null);
    }))""")


def open_all(page: Page) -> None:
    """Unfold everything that is folded."""
    page.evaluate("() => document.querySelectorAll('details').forEach((details) => { details.open = true; })")


def sideways(page: Page) -> Iterator[str]:
    """The page must not scroll sideways."""
    wide, screen = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > screen:
        yield f"scrolls sideways, {wide} on {screen} pixels, because of {page.evaluate(_TOO_WIDE)}"


def keyboard(page: Page) -> Iterator[str]:
    """The Tab key reaches everything there is to reach, and one sees where it is."""
    reachable = set(page.evaluate(_REACHABLE))
    reached = set()
    for _ in range(4 * len(reachable) + 20):  # a player has several stops of its own
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            break
        if focus["number"] in reached:
            continue
        reached.add(focus["number"])
        if not focus["ringed"]:
            yield f"the focus on {focus['name']} is not to be seen"
        if not focus["shown"]:
            yield f"{focus['name']} is focused out of sight"
    for number in sorted(reachable - reached):
        yield f"the keyboard does not reach {page.evaluate(_NAME, number)}"


def skip_link(page: Page) -> Iterator[str]:
    """The first stop of the Tab key leads past the head of the page."""
    page.keyboard.press("Tab")
    if not page.evaluate("() => document.activeElement.matches('a.skip[href=\"#content\"]')"):
        yield "the first stop is no skip link"
        return
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    if page.evaluate("() => document.activeElement.closest('header') !== null"):
        yield "the skip link leads back into the head"


def accessibility(page: Page, axe: str) -> Iterator[str]:
    """What axe-core, given as its source, finds. It fetches nothing: the page's policy would not let it."""
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations'], preload: false})")
    for violation in found["violations"]:
        where = "; ".join(node["html"][:150] for node in violation["nodes"][:3])
        yield f"axe-core, {violation['impact']}, {violation['id']}: {violation['help']}: {where}"
