// The bar of planned campaigns: counts the seconds, says once that something goes out, and asks again when it is due.
(() => {
  "use strict";
  const began = new WeakMap();
  const bars = () => document.querySelectorAll("#pending [data-seconds]");
  let asked = 0;

  // Each bar is said once, also over several pages of one window.
  function say(bar) {
    const { say: text, key } = bar.dataset;
    if (!text) return;
    try {
      if (sessionStorage.getItem(`said-${key}`)) return;
      sessionStorage.setItem(`said-${key}`, "1");
    } catch { /* storage may be forbidden: then it is said on each page */ }
    const region = document.getElementById("pending-said");
    if (region) region.textContent = text;
  }

  function left(bar) {
    if (!began.has(bar)) {
      began.set(bar, performance.now());
      say(bar);
    }
    return Math.ceil(Number(bar.dataset.seconds) - (performance.now() - began.get(bar)) / 1000);
  }

  function tick() {
    let due = false;
    for (const bar of bars()) {
      const seconds = left(bar), count = bar.querySelector("[data-count]");
      if (count) count.textContent = String(Math.max(0, seconds));
      due ||= seconds <= 0;
    }
    if (due && performance.now() - asked > 2000) {
      asked = performance.now();
      window.htmx?.trigger("#pending", "relay:due");
    }
  }
  document.addEventListener("DOMContentLoaded", () => { tick(); setInterval(tick, 500); });
})();
