// The palette: `/` or Ctrl-K, arrows, Enter, Escape. Results come as HTML from /search/suggest/.
(() => {
  "use strict";
  const dialog = document.getElementById("palette");
  const box = document.getElementById("search");
  if (!dialog || !box) return;
  const input = dialog.querySelector("input");
  const found = dialog.querySelector("[data-found]");
  const places = dialog.querySelector("[data-places]");
  const status = dialog.querySelector("[data-says]");
  let pending = null;
  let timer = 0;

  const options = () => [...dialog.querySelectorAll('[role="option"]')].filter((option) => !option.closest("[hidden]"));
  const current = () => dialog.querySelector('[role="option"][aria-selected="true"]');

  const select = (option) => {
    for (const other of dialog.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    option.id ||= `option-${Math.random().toString(36).slice(2)}`;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };

  const move = (step) => {
    const all = options();
    if (all.length) select(all[(all.indexOf(current()) + step + all.length) % all.length]);
  };

  const showPlaces = (words) => {
    let shown = 0;
    for (const option of places.querySelectorAll('[role="option"]')) {
      option.hidden = !option.textContent.toLowerCase().includes(words);
      shown += option.hidden ? 0 : 1;
    }
    places.hidden = shown === 0;
  };

  const settle = () => {
    select(found.querySelector('[role="option"]') || options()[0]);
    const count = options().length;
    status.textContent = count === 1 ? "1 result" : `${count} results`;
  };

  const ask = async (words) => {
    pending?.abort();
    if (!words) { found.replaceChildren(); settle(); return; }
    pending = new AbortController();
    try {
      const address = `${dialog.dataset.suggest}?q=${encodeURIComponent(words)}`;
      const answer = await fetch(address, { signal: pending.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(String(answer.status));
      found.innerHTML = await answer.text();
      for (const link of found.querySelectorAll("a[href]:not([role])")) link.setAttribute("role", "option");
      settle();
    } catch (error) {
      if (error.name === "AbortError") return;
      found.textContent = "";
      status.textContent = "Suggestions do not answer now; Enter opens the full search.";
    }
  };

  const open = (words = "") => {
    if (!dialog.open) dialog.showModal();
    input.value = words;
    input.focus();
    refresh();
  };
  const refresh = () => {
    const words = input.value.trim();
    showPlaces(words.toLowerCase());
    clearTimeout(timer);
    timer = setTimeout(() => ask(words), words ? 120 : 0);
    select(null);
  };

  const go = (newTab) => {
    const option = current();
    const full = input.value.trim() ? `${box.form.action}?q=${encodeURIComponent(input.value.trim())}` : "";
    const address = option?.href || full;
    if (!address) return;
    if (newTab) window.open(address, "_blank", "noopener"); else window.location.assign(address);
    dialog.close();
  };

  input.addEventListener("input", refresh);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Escape") { event.preventDefault(); dialog.close(); } // a search field would only empty itself
    if (event.key === "Enter") { event.preventDefault(); go(event.ctrlKey || event.metaKey); }
  });
  dialog.addEventListener("pointermove", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option && option !== current()) select(option);
  });

  box.addEventListener("pointerdown", (event) => { event.preventDefault(); open(box.value); });
  box.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); open(event.key); }
  });
  document.addEventListener("keydown", (event) => {
    const combination = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select, textarea, [contenteditable='true'], dialog[open]");
    const own = slash ? document.querySelector("[data-slash]") : null; // a page with a search of its own
    if (own) { event.preventDefault(); own.focus(); own.select(); return; }
    if (combination || slash) { event.preventDefault(); open(); }
  });
})();
