// Sets light or dark before the first paint; loaded in <head> without defer. app.js holds the switch.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = "auto";
    try { chosen = localStorage.getItem("theme") || "auto"; } catch { /* storage may be forbidden: as the system */ }
    const root = document.documentElement;
    root.dataset.theme = chosen;
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("relay:theme", apply);
})();
