// Parts of a page that renew themselves (data-poll on the element that htmx swaps): they must not disturb who uses them.
(() => {
  "use strict";
  const SLOW = 5000; // while nobody looks, one request in five seconds is enough
  const REACHABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
  const asked = new Map();
  const polls = (event) => "poll" in (event.detail.elt?.dataset ?? {});
  const dialogOpen = () => Boolean(document.querySelector("dialog[open]"));

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!polls(event)) return;
    const path = event.detail.pathInfo.requestPath, since = Date.now() - (asked.get(path) ?? 0);
    // A dialog asks about a form in here; the form must still be there when the answer comes.
    if (dialogOpen() || (document.hidden && since < SLOW)) event.preventDefault();
    else asked.set(path, Date.now());
  });

  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!polls(event)) return;
    const { xhr, target, pathInfo } = event.detail;
    const answered = new URL(xhr.responseURL).pathname, expected = new URL(pathInfo.requestPath, location).pathname;
    if (answered !== expected) {
      event.detail.shouldSwap = false; // signed out meanwhile: the whole page goes to the sign-in, not this part
      location.reload();
    } else if (dialogOpen()) {
      event.detail.shouldSwap = false;
    } else {
      kept = {
        id: target.id,
        focus: [...target.querySelectorAll(REACHABLE)].indexOf(document.activeElement),
        open: [...target.querySelectorAll("details")].map((details) => details.open),
        scroll: [...target.querySelectorAll(".table-responsive")].map((box) => [box.scrollLeft, box.scrollTop]),
      };
    }
  });
  // Focus, opened tables and places scrolled to belong to the reader; the new part takes them over.
  document.addEventListener("htmx:afterSwap", () => {
    const part = kept && document.getElementById(kept.id);
    if (!part) return;
    part.querySelectorAll("details").forEach((details, index) => { details.open = kept.open[index] ?? details.open; });
    part.querySelectorAll(".table-responsive").forEach((box, index) => { box.scrollTo(...(kept.scroll[index] ?? [0, 0])); });
    if (kept.focus >= 0) part.querySelectorAll(REACHABLE)[kept.focus]?.focus({ preventScroll: true });
    kept = null;
  });
})();
