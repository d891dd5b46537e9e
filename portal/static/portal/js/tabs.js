// Tabs within a page: role=tablist, arrows move, the choice stands in the address after #.
(() => {
  "use strict";
  const show = (tab, focus = false) => {
    const list = tab.closest('[role="tablist"]');
    for (const other of list.querySelectorAll('[role="tab"]')) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(other.getAttribute("aria-controls"));
      if (panel) panel.hidden = !on;
    }
    if (focus) tab.focus();
  };
  const start = (root) => {
    for (const list of root.querySelectorAll('[role="tablist"]')) {
      const tabs = [...list.querySelectorAll('[role="tab"]')];
      const wanted = tabs.find((tab) => `#${tab.getAttribute("aria-controls")}` === location.hash);
      const first = wanted || tabs.find((tab) => tab.getAttribute("aria-selected") === "true") || tabs[0];
      if (first) show(first);
    }
  };
  document.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (!tab) return;
    show(tab);
    if (tab.closest("[data-address]")) history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest('[role="tab"]');
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    event.preventDefault();
    show(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length], true);
  });
  // on a phone the tabs scroll: the one that is open comes into sight
  for (const list of document.querySelectorAll(".tabs")) {
    const here = list.querySelector('[aria-current="page"], [aria-selected="true"]');
    if (here) list.scrollLeft = here.offsetLeft - list.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
  }
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
})();
