// The frame: theme switch, rail, keyboard shortcuts, progress of requests, sizes that the server gave as data.
(() => {
  "use strict";
  const root = document.documentElement;

  const keep = (key, value) => {
    try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* refused: for this page only */ }
  };

  // theme: "system" forgets the choice
  const showTheme = () => {
    const now = root.dataset.theme || "system";
    for (const button of document.querySelectorAll("[data-set-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === now));
    }
  };
  const setTheme = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    keep("theme", theme === "system" ? "" : theme);
    showTheme();
    document.dispatchEvent(new CustomEvent("theme:changed"));
  };

  const showRail = () => {
    const button = document.querySelector("[data-rail-toggle]");
    if (!button) return;
    const narrow = root.dataset.rail === "narrow";
    button.setAttribute("aria-expanded", String(!narrow));
    for (const link of document.querySelectorAll(".rail .rail-link")) {
      const words = link.querySelector(".word");
      if (narrow && words) link.title = words.textContent.trim(); else link.removeAttribute("title");
    }
  };
  const toggleRail = () => {
    if (root.dataset.rail === "narrow") delete root.dataset.rail; else root.dataset.rail = "narrow";
    keep("rail", root.dataset.rail || "");
    showRail();
  };

  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-set-theme]");
    if (theme) setTheme(theme.dataset.setTheme);
    if (event.target.closest("[data-rail-toggle]")) toggleRail();
    const opener = event.target.closest("[data-opens-dialog]");
    if (opener) document.getElementById(opener.dataset.opensDialog)?.showModal();
    const holder = event.target.closest("[data-closes]")?.closest("dialog, details");
    if (holder?.matches("dialog")) holder.close(); else if (holder) holder.open = false;
    const dialog = event.target.closest("dialog");
    if (dialog && event.target === dialog) dialog.close(); // a click on the veil
  });

  // one key, only while nobody types
  const typing = (element) => element.closest("input, select, textarea, [contenteditable='true'], dialog[open]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "\\") { event.preventDefault(); toggleRail(); return; }
    if (event.ctrlKey || event.metaKey || typing(event.target)) return;
    if (event.key === "?") { event.preventDefault(); document.getElementById("help-menu")?.togglePopover?.(); }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.click(); }
  });

  // a thin line while htmx works; a sentence when the network fails
  let open = 0;
  const busy = (change) => {
    open = Math.max(0, open + change);
    document.querySelector(".busy")?.classList.toggle("on", open > 0);
  };
  document.addEventListener("htmx:beforeRequest", () => busy(1));
  document.addEventListener("htmx:afterRequest", () => busy(-1));
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => window.toast?.({
      text: "The server did not answer. Nothing was changed; check the connection and try again.", meaning: "bad",
    }));
  }

  // a form that holds unsaved words asks before it is left
  const dirty = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) dirty.add(form);
  });
  document.addEventListener("submit", (event) => dirty.delete(event.target));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) dirty.delete(event.target.closest?.("form"));
  });
  window.addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });

  showTheme();
  showRail();
})();
