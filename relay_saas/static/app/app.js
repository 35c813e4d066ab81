// What every page does by itself: copy, theme, charts, toasts, the confirm dialog, guards of forms, polling in the back.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // --- Toasts ---------------------------------------------------------------------------------------------------
  const region = () => one("#toasts");
  const fade = (note, after) => setTimeout(() => note.remove(), after);
  function toast(text, kind = "info") {
    const note = one("#toast-template").content.firstElementChild.cloneNode(true);
    one("span", note).textContent = text;
    note.classList.add(`toast-${kind}`);
    region().append(note);
    if (kind !== "error") fade(note, 6000);
  }
  const fadeServerNotes = () => all(".toast-success, .toast-info", region()).forEach((note) => fade(note, 8000));

  // --- Copy -----------------------------------------------------------------------------------------------------
  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      toast(region().dataset.textCopied, "success");
    } catch {
      const code = one("code", button.parentElement);
      if (code) getSelection().selectAllChildren(code);
      toast(region().dataset.textNotCopied, "error");
    }
  }

  // --- Theme ----------------------------------------------------------------------------------------------------
  const themes = ["auto", "light", "dark"];
  const capital = (word) => word[0].toUpperCase() + word.slice(1);
  const labelThemes = () => all("[data-theme-switch]").forEach((button) => {
    button.setAttribute("aria-label", button.dataset[`label${capital(root.dataset.theme)}`]);
    button.title = button.getAttribute("aria-label");
  });
  function nextTheme() {
    const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    try { localStorage.setItem("theme", next); } catch { /* storage may be forbidden: nothing to remember */ }
    dispatchEvent(new Event("relay:theme"));
    labelThemes();
  }

  // --- Charts: <div data-chart="id of a JSON script"> -------------------------------------------------------------
  const drawn = new Map();
  const number = new Intl.NumberFormat(root.lang);
  const clockOf = (timeZone) => {
    const format = new Intl.DateTimeFormat(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
    return (time) => format.format(time * 1000);
  };
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--chart-${name}`).trim();
  // Without a pointer over the chart its legend tells the newest minute, instead of dashes.
  function showNewest(chart) {
    if (chart.cursor.idx == null) chart.setLegend({ idx: chart.data[0].length - 1 });
  }
  function options(box, data) {
    const ink = colour("ink"), clock = clockOf(box.dataset.zone), grid = { stroke: colour("grid"), width: 1 };
    const tzDate = (time) => uPlot.tzDate(new Date(time * 1000), box.dataset.zone);
    const series = data.series.map((line) => ({
      label: line.label, stroke: colour(line.colour), fill: colour(`${line.colour}-fill`) || undefined, width: 2,
      points: { show: data.times.length < 3 }, value: (_, value) => (value === null ? "–" : number.format(value)),
    }));
    return {
      width: box.clientWidth, height: 220, tzDate, legend: { live: true }, cursor: { y: false },
      hooks: { ready: [showNewest], setCursor: [showNewest] },
      series: [{ label: box.dataset.textTime, value: (_, time) => (time === null ? "–" : clock(time)) }, ...series],
      axes: [
        { stroke: ink, grid, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440].map((minutes) => 60 * minutes), values: (_, times) => times.map(clock) },
        { stroke: ink, grid, size: 64, values: (_, values) => values.map((value) => number.format(value)) },
      ],
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 0) * 1.1)] } },
    };
  }
  function drawChart(box) {
    const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    drawn.get(box.dataset.chart)?.destroy();
    if (!data.times.length || !box.clientWidth) return;
    const lines = [data.times, ...data.series.map((line) => line.values)];
    drawn.set(box.dataset.chart, new uPlot(options(box, data), lines, box));
  }
  const drawCharts = (from = document) => all("[data-chart]", from).forEach(drawChart);
  let resized;
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(drawCharts, 150); });
  addEventListener("relay:theme", () => drawCharts());

  // --- Confirm: data-confirm says what will happen; data-confirm-type asks to type a figure first -------------------
  function ask(source, proceed) {
    const dialog = one("#confirm"), okay = one("[value=ok]", dialog), typed = one("#confirm-typed", dialog);
    const { confirm: text, confirmTitle, confirmLabel, confirmType, confirmKind } = source.dataset;
    const title = one("#confirm-title", dialog), label = one("label", dialog);
    title.textContent = confirmTitle || title.dataset.default;
    // A form may know better: the chosen option says what it would do, and the reason is read back.
    const form = source.closest("form"), chosen = form && one("option:checked[data-confirm]", form);
    const why = source.dataset.confirmWith ? one(source.dataset.confirmWith) : form && one("[data-confirm-reason]", form);
    const reason = why?.value.trim().replace("T", " ");
    const said = [chosen?.dataset.confirm || text, reason && `${why.dataset.confirmReason ?? why.labels[0].firstChild.textContent.trim()}: ${reason}`];
    one("#confirm-text", dialog).textContent = said.filter(Boolean).join("\n");
    okay.textContent = confirmLabel || okay.dataset.default;
    okay.className = confirmKind === "danger" ? "btn btn-danger" : "btn btn-primary";
    label.textContent = label.dataset.template.replace("{figure}", confirmType || "");
    label.parentElement.hidden = !confirmType;
    typed.value = "";
    const check = () => { okay.disabled = Boolean(confirmType) && typed.value.replace(/[,，\s]/g, "").normalize("NFKC") !== confirmType; };
    typed.oninput = check;
    check();
    dialog.returnValue = "cancel";
    dialog.onclose = () => {
      if (dialog.returnValue !== "ok") return;
      // The server counts again, and compares.
      if (confirmType && form) all("[data-typed]", form).forEach((field) => { field.value = typed.value; });
      proceed();
    };
    dialog.showModal();
  }

  // --- Forms: confirm, then never twice -----------------------------------------------------------------------------
  const confirmed = new WeakSet(), busy = new WeakSet();
  const release = (form) => {
    busy.delete(form);
    all("[aria-busy]", form).forEach((button) => { button.removeAttribute("aria-busy"); button.disabled = false; });
  };
  function stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.method === "dialog") return;
    const source = button?.dataset.confirm ? button : form;
    if (source.dataset.confirm && !confirmed.delete(form)) {
      stop(event);
      ask(source, () => { confirmed.add(form); form.requestSubmit(button); });
    } else if (busy.has(form)) {
      stop(event);
    } else if (form.method === "post" || form.hasAttribute("hx-post")) {
      busy.add(form);
      // After this event, so that the pressed button's name and value are still sent.
      setTimeout(() => { if (button) { button.setAttribute("aria-busy", "true"); button.disabled = true; } });
      setTimeout(() => release(form), 10000);
    }
  }, true);
  addEventListener("pageshow", (event) => { if (event.persisted) all("form").forEach(release); });

  // Enter that chooses a word in an input method must not send the form (229: Safari tells it after the fact).
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) stop(event);
  }, true);

  // --- htmx ---------------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:confirm", (event) => {
    const source = event.detail.elt;
    if (!source.dataset.confirm || source.tagName === "FORM") return;
    event.preventDefault();
    ask(source, () => event.detail.issueRequest(true));
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.tagName === "FORM") release(event.detail.elt); });
  document.addEventListener("htmx:afterSwap", () => drawCharts());
  let offline = false;
  document.addEventListener("htmx:afterOnLoad", () => { offline = false; });
  document.addEventListener("htmx:sendError", () => { if (!offline) toast(region().dataset.textOffline, "error"); offline = true; });
  document.addEventListener("htmx:responseError", (event) => {
    const plain = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
    if (!("poll" in event.detail.elt.dataset)) toast(plain ? event.detail.xhr.responseText : region().dataset.textFailed, "error");
  });

  // --- Clicks, menus and the first focus ------------------------------------------------------------------------------
  const closeMenus = (but) => all("details[data-menu][open]").forEach((menu) => { if (menu !== but) menu.open = false; });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-theme-switch], [data-dismiss], [data-cancel]");
    closeMenus(event.target.closest("details[data-menu]"));
    if (!target) return;
    if ("copy" in target.dataset) copy(target);
    else if ("themeSwitch" in target.dataset) nextTheme();
    else if ("cancel" in target.dataset) target.closest("dialog").close();
    else target.parentElement.remove();
  });
  document.addEventListener("keydown", (event) => {
    const open = one("details[data-menu][open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    one("summary", open).focus();
  });
  document.addEventListener("DOMContentLoaded", () => {
    labelThemes();
    fadeServerNotes();
    drawCharts();
    one("[data-focus]")?.focus();
  });
})();
