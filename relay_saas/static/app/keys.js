// Keys that work on every page: "/" leads to the search field, also where it is folded away on a phone.
(() => {
  "use strict";
  const writes = (element) => element?.closest("input, textarea, select, [contenteditable], [role=textbox]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = document.querySelector("[data-search]");
    if (!field || writes(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const menu = field.closest(".collapse:not(.show)"), toggler = document.querySelector(".navbar-toggler");
    if (menu && toggler?.offsetParent) {
      menu.addEventListener("shown.bs.collapse", () => field.focus(), { once: true });
      toggler.click();
    }
    field.focus();
    field.select();
  });
})();
