// Writing sources: line numbers, Tab, the place of an error, merge fields where the cursor was, counts, the preview.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft], form[data-code]");
  if (!form) return;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  // --- Line numbers --------------------------------------------------------------------------------------------------
  function number(field) {
    const lines = field.value.split("\n").length, gutter = field.previousElementSibling;
    if (Number(gutter.dataset.lines) !== lines) {
      gutter.textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
      gutter.dataset.lines = lines;
    }
    gutter.scrollTop = field.scrollTop;
  }
  function dress(field) {
    const box = document.createElement("div"), gutter = document.createElement("div");
    box.className = "editor";
    gutter.className = "editor-lines";
    gutter.setAttribute("aria-hidden", "true");
    field.before(box);
    box.append(gutter, field);
    field.addEventListener("scroll", () => { gutter.scrollTop = field.scrollTop; });
    field.addEventListener("input", () => number(field));
    number(field);
  }

  // --- Keys ------------------------------------------------------------------------------------------------------------
  // insertText keeps the browser's own undo; a browser without it loses one step of that, not the text.
  function insert(field, text) {
    field.focus();
    if (!document.execCommand("insertText", false, text)) {
      field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
      changed(field);
    }
  }
  let letGo = false;
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("textarea[data-editor]") || event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") { letGo = true; return; }
    if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey && !event.altKey && !letGo) {
      event.preventDefault();
      insert(field, "  ");
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      const line = field.value.slice(field.value.lastIndexOf("\n", field.selectionStart - 1) + 1, field.selectionStart);
      const indent = line.match(/^[ \t]*/)[0];
      if (indent) { event.preventDefault(); insert(field, `\n${indent}`); }
    }
    if (event.key !== "Shift") letGo = false;
  });

  // --- Places and merge fields -----------------------------------------------------------------------------------------
  let last = null;
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-merge]")) last = event.target; });
  function show(button) {
    const field = document.getElementById(button.dataset.goto);
    if (!field) return;
    const lines = field.value.split("\n"), line = Math.min(Number(button.dataset.line), lines.length);
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = start + Math.min(Number(button.dataset.column) - 1, lines[line - 1].length);
    field.focus();
    field.setSelectionRange(at, start + lines[line - 1].length);
    field.scrollTop = Math.max(0, (line - 5) * (field.scrollHeight / lines.length));
  }
  function sendAs(button) {
    const at = button.dataset.sender.lastIndexOf("@");
    const values = {
      from_name: button.dataset.name, reply_to: button.dataset.replyTo,
      from_local: button.dataset.sender.slice(0, at), from_domain: button.dataset.sender.slice(at + 1),
    };
    Object.entries(values).forEach(([name, value]) => { form.elements[name].value = value; });
    changed(form.elements.from_local);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-goto], [data-insert], [data-sender]");
    if (!button) return;
    if ("sender" in button.dataset) sendAs(button);
    else if ("goto" in button.dataset) show(button);
    else insert(last ?? document.querySelector("[data-merge]"), button.dataset.insert);
  });

  // --- Counts ------------------------------------------------------------------------------------------------------------
  function count() {
    all("[data-count-of]").forEach((note) => {
      const field = document.getElementById(note.dataset.countOf);
      note.textContent = note.dataset.text.replace("{n}", [...field.value].length);
    });
  }
  form.addEventListener("input", count);

  // --- The text made from the mail, while it is open ------------------------------------------------------------------
  document.body.addEventListener("relay:saved", () => all("details[data-made][open]").forEach((one) => htmx.trigger(one, "toggle")));

  all("textarea[data-editor]").forEach(dress);
  form.addEventListener("relay:filled", () => { all("textarea[data-editor]").forEach(number); count(); });
  count();
})();
