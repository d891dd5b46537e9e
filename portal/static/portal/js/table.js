// Tables: j and k move from row to row, Enter opens, a click anywhere in a row follows its link, columns can be hidden.
(() => {
  "use strict";
  const links = (table) => [...table.querySelectorAll("a[data-row-link]")].filter((link) => link.offsetParent !== null);
  const typing = (element) => element.closest("input, select, textarea, [contenteditable='true'], dialog[open], [popover]");

  document.addEventListener("keydown", (event) => {
    if (!["j", "k"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const table = event.target.closest("table[data-keys]") || document.querySelector("main table[data-keys]");
    if (!table) return;
    const all = links(table);
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
    if (!all[next]) return;
    event.preventDefault();
    all[next].focus();
    all[next].closest("tr").scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest("table tbody tr");
    const link = row?.querySelector("a[data-row-link]");
    if (!link || event.target.closest("a, button, input, label, select, summary") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener"); else link.click();
  });

  // columns: the choice is kept for each table by its name
  const key = (table) => `columns:${table.dataset.columns}`;
  const hidden = (table) => {
    try { return new Set(JSON.parse(localStorage.getItem(key(table)) || "[]")); } catch { return new Set(); } // unreadable: all columns
  };
  const apply = (table) => {
    const names = hidden(table);
    for (const cell of table.querySelectorAll("[data-column]")) cell.hidden = names.has(cell.dataset.column);
    for (const box of document.querySelectorAll(`[data-columns-of="${CSS.escape(table.dataset.columns)}"] input`)) {
      box.checked = !names.has(box.value);
    }
  };
  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-columns-of]");
    if (!list) return;
    const table = document.querySelector(`table[data-columns="${CSS.escape(list.dataset.columnsOf)}"]`);
    if (!table) return;
    const names = hidden(table);
    if (event.target.checked) names.delete(event.target.value); else names.add(event.target.value);
    try { localStorage.setItem(key(table), JSON.stringify([...names])); } catch { /* refused: for this page only */ }
    apply(table);
  });
  const start = (root) => { for (const table of root.querySelectorAll("table[data-columns]")) apply(table); };
  start(document);
  document.addEventListener("htmx:load", (event) => {
    start(event.detail.elt);
    const around = event.detail.elt.closest?.("table[data-columns]");
    if (around) apply(around);
  });
})();
