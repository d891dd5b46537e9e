// Reading the wiki: copy buttons on code, a table of contents that follows the reader, folds of the tree that last.
(() => {
  "use strict";

  // code
  const icon = (name) => document.getElementById(`icon-${name}`)?.content.firstElementChild?.cloneNode(true);
  const addCopy = (block) => {
    const code = block.querySelector("pre");
    if (!code || block.querySelector(".copy")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.title = "Copy the code";
    button.setAttribute("aria-label", "Copy the code");
    for (const [name, state] of [["copy", "todo"], ["check", "done"]]) {
      const span = document.createElement("span");
      span.className = state;
      const picture = icon(name);
      if (picture) span.append(picture); else span.textContent = state === "todo" ? "Copy" : "Copied";
      button.append(span);
    }
    button.dataset.copy = code.textContent.replace(/\n$/, "");
    block.append(button);
  };
  const start = (root) => { for (const block of root.querySelectorAll(".wiki-text .code")) addCopy(block); };
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));

  // a code block or a wide table that scrolls sideways is reached by the keyboard
  for (const wide of document.querySelectorAll(".wiki-text :is(pre, .table-wide)")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }

  // table of contents: the last heading above the upper third is where the reader is
  const links = [...document.querySelectorAll(".toc-beside [data-toc] a")];
  const places = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1)))).filter(Boolean);
  if (places.length) {
    let waiting = false;
    const follow = () => {
      waiting = false;
      const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
      const passed = places.filter((place) => place.getBoundingClientRect().top < innerHeight / 3);
      const here = end && scrollY > 0 ? places.at(-1) : passed.at(-1);
      for (const link of links) {
        const now = Boolean(here) && decodeURIComponent(link.hash.slice(1)) === here.id;
        if (now && !link.hasAttribute("aria-current")) { link.setAttribute("aria-current", "location"); link.scrollIntoView({ block: "nearest" }); }
        if (!now) link.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(follow); } }, { passive: true });
    addEventListener("resize", follow);
    follow();
  }

  // tree: what the reader folded or unfolded stays so in this tab; the way to the page is always open
  const tree = document.querySelector("[data-tree]");
  if (tree) {
    const key = `tree:${tree.dataset.tree}`;
    let kept = {};
    try { kept = JSON.parse(sessionStorage.getItem(key) || "{}"); } catch { /* unreadable: as the server says */ }
    const here = tree.querySelector("[aria-current]");
    for (const fold of tree.querySelectorAll("details[data-page]")) {
      const wanted = kept[fold.dataset.page];
      if (wanted !== undefined) fold.open = wanted || fold.contains(here);
    }
    tree.addEventListener("toggle", (event) => {
      const fold = event.target;
      if (!fold.dataset?.page) return;
      kept[fold.dataset.page] = fold.open;
      try { sessionStorage.setItem(key, JSON.stringify(kept)); } catch { /* refused: for this page only */ }
    }, true);
    const frame = tree.closest(".wiki-tree");
    if (here && frame && frame.scrollHeight > frame.clientHeight) frame.scrollTop = here.offsetTop - frame.clientHeight / 3;

    // arrows: up and down move through the tree, left folds, right unfolds
    tree.addEventListener("keydown", (event) => {
      const link = event.target.closest(".tree-link");
      if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
      const all = [...tree.querySelectorAll(".tree-link")].filter((each) => each.offsetParent !== null);
      const at = all.indexOf(link);
      const fold = link.parentElement.querySelector(":scope > details");
      const go = { ArrowDown: all[at + 1], ArrowUp: all[at - 1] }[event.key];
      if (go) { event.preventDefault(); go.focus(); }
      if (fold && ["ArrowLeft", "ArrowRight"].includes(event.key)) { event.preventDefault(); fold.open = event.key === "ArrowRight"; }
    });
  }

  // history: the older of two choices is the left one, and what lies between them is shown
  const history = document.querySelector("[data-history]");
  if (history) {
    const chosen = (name) => Number(history.querySelector(`[name="${name}"]:checked`)?.value);
    const mark = () => {
      const [old, recent] = [chosen("old"), chosen("new")];
      for (const row of history.querySelectorAll("tbody tr")) {
        const number = Number(row.querySelector("[name=old]").value);
        row.classList.toggle("is-between", number > Math.min(old, recent) && number < Math.max(old, recent));
      }
    };
    history.addEventListener("change", mark);
    mark();
  }
})();
