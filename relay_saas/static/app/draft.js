// A draft that saves itself: after a pause and when a field is left. What is not saved yet is kept in this browser's
// tab (sessionStorage), so that neither the end of a session nor a second person's save loses a word of it.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const PAUSE = 2000, AGAIN = 10000, STORE = "relay-draft:";
  const own = `${STORE}${form.dataset.user}:`, key = own + form.dataset.key;
  const version = form.elements.version, status = document.getElementById("draft-status");
  const part = (id) => document.getElementById(id);

  const read = () => {
    const entries = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "version");
    return Object.fromEntries(entries);
  };
  const words = () => JSON.stringify(read());
  let saved = "unsaved" in form.dataset ? null : words();
  // While somebody else's text stands beside one's own, only a decision saves.
  let stopped = Boolean(document.querySelector("#draft-conflict [data-keep-mine]"));
  let marked = false, leaving = false, composing = false, timer = null, running = null;
  const dirty = () => words() !== saved;

  // --- What is kept in the browser ---------------------------------------------------------------------------------
  const store = (act) => { try { return act(sessionStorage); } catch { return null; } };
  const keep = () => store((place) => place.setItem(key, JSON.stringify({ version: version.value, fields: read() })));
  const forget = () => store((place) => place.removeItem(key));
  // Who signs in next at this tab finds nothing of the one before.
  store((place) => Object.keys(place).forEach((one) => { if (one.startsWith(STORE) && !one.startsWith(own)) place.removeItem(one); }));

  function fill(fields) {
    [...form.elements].forEach((field) => {
      if (!field.name || field.type === "hidden" || field.type === "submit") return;
      if (field.type === "radio" || field.type === "checkbox") field.checked = fields[field.name] === field.value;
      else if (field.name in fields) field.value = fields[field.name];
    });
  }
  function restore() {
    const kept = JSON.parse(store((place) => place.getItem(key)) || "null");
    if (!kept) return;
    if ("unsaved" in form.dataset || JSON.stringify(kept.fields) === words()) { if (!dirty()) forget(); return; }
    fill(kept.fields);
    // The version that these words were written over: if somebody saved since, the answer will show both.
    version.value = kept.version;
    part("draft-restored").hidden = false;
    form.dispatchEvent(new CustomEvent("relay:filled"));
    schedule();
  }

  // --- Saving ------------------------------------------------------------------------------------------------------
  function schedule(after = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(() => { if (composing) schedule(); else if (!stopped && dirty()) save(); }, after);
  }
  function save() {
    clearTimeout(timer);
    if (running) return running.then((result) => (result === "saved" && dirty() ? save() : result));
    if (!dirty() && !marked) return Promise.resolve("saved");
    running = send().finally(() => { running = null; });
    return running;
  }
  async function send() {
    const sent = words(), body = new FormData(form);
    let answer;
    try {
      answer = await fetch(form.dataset.save, { method: "POST", body, redirect: "manual", headers: { "HX-Request": "true" } });
    } catch {
      status.textContent = form.dataset.textOffline;
      schedule(AGAIN);
      return "failed";
    }
    if (answer.type === "opaqueredirect") {
      part("draft-signed-out").hidden = false;
      stopped = true;
      return "signed-out";
    }
    const html = (answer.headers.get("Content-Type") || "").startsWith("text/html") && await answer.text();
    const came = html && new DOMParser().parseFromString(html, "text/html").querySelector("[data-answer]");
    if (!came) {
      status.textContent = `${form.dataset.textFailed} ${html === false ? await answer.text() : ""}`;
      return "failed";
    }
    show(came);
    if (!answer.ok) {
      stopped = true;
      document.querySelector("#draft-conflict [data-focus]")?.focus();
      return "conflict";
    }
    version.value = came.dataset.version;
    saved = sent;
    marked = "problems" in came.dataset;
    if (dirty()) { keep(); schedule(); } else if (marked) keep(); else forget();
    document.body.dispatchEvent(new CustomEvent("relay:saved"));
    return marked ? "problems" : "saved";
  }
  // A part that says the same as before stays as it is: nobody's focus or reading is disturbed.
  function show(came) {
    came.querySelectorAll("[data-into]").forEach((one) => {
      const place = part(one.dataset.into);
      if (place === status) place.textContent = one.textContent.trim();
      else if (place.innerHTML.trim() !== one.innerHTML.trim()) place.innerHTML = one.innerHTML;
    });
  }

  // --- What people do ----------------------------------------------------------------------------------------------
  form.addEventListener("compositionstart", () => { composing = true; });
  form.addEventListener("compositionend", () => { composing = false; });
  form.addEventListener("input", () => { keep(); if (!stopped) schedule(); });
  form.addEventListener("change", () => { if (dirty()) { keep(); if (!stopped) schedule(); } });
  form.addEventListener("focusout", (event) => {
    if (!composing && !stopped && dirty() && !form.querySelector("[data-draft-actions]")?.contains(event.relatedTarget)) save();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    if (!composing && !stopped) save();
  });
  addEventListener("beforeunload", (event) => { if (!leaving && (dirty() || marked)) event.preventDefault(); });
  addEventListener("pageshow", (event) => { if (event.persisted && !dirty()) location.reload(); });

  const go = (url) => { leaving = true; location.assign(url); };
  async function press(button) {
    const result = await save();
    if (result === "saved") { if (button.dataset.href) go(button.dataset.href); return; }
    if (result === "conflict" || result === "failed") return;
    // The server shows the whole form with its errors, or the sign-in that leads back here.
    leaving = true;
    button.dataset.plain = "";
    button.click();
  }
  async function follow(link) {
    const result = stopped ? "stopped" : await save();
    if (result === "saved") leaving = true;
    if (result !== "conflict") location.assign(link.href);
  }
  function keepMine(button) {
    version.value = button.dataset.version;
    part("draft-conflict").replaceChildren();
    stopped = false;
    saved = null;
    save();
  }
  function take(button) {
    const field = part(button.dataset.take) ?? form.querySelector(`[name="${button.dataset.take}"]`);
    if (field.matches("input, select, textarea")) field.value = button.dataset.value;
    else field.querySelectorAll("input").forEach((one) => { one.checked = one.value === button.dataset.value; });
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
  document.addEventListener("click", (event) => {
    const target = event.target.closest("button, a");
    if (!target) return;
    if ("take" in target.dataset) take(target);
    else if ("keepMine" in target.dataset) { event.preventDefault(); keepMine(target); }
    else if ("takeTheirs" in target.dataset) { forget(); leaving = true; }
    else if ("leave" in target.dataset) leaving = true;
    else if (target.name === "go" && !("plain" in target.dataset)) { event.preventDefault(); press(target); }
    else if (target.matches("a[href]") && !target.target && !event.ctrlKey && !event.metaKey && !event.shiftKey
      && !target.getAttribute("href").startsWith("#") && dirty()) { event.preventDefault(); follow(target); }
  });
  document.addEventListener("DOMContentLoaded", restore);
})();
