// Narrowing the list of places while one types, and an address that follows the title until somebody writes it.
(() => {
  "use strict";
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

  for (const box of document.querySelectorAll("[data-narrows]")) {
    const list = document.getElementById(box.dataset.narrows);
    const none = document.getElementById(`${list.id}-none`);
    box.hidden = false;
    box.addEventListener("input", () => {
      const words = plain(box.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of list.children) {
        row.hidden = !words.every((word) => plain(row.textContent).includes(word));
        shown += row.hidden ? 0 : 1;
      }
      list.classList.toggle("places-narrowed", words.length > 0);
      if (none) none.hidden = shown > 0;
    });
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }

  for (const form of document.querySelectorAll("[data-slug-from]")) {
    const title = document.getElementById(form.dataset.slugFrom);
    const slug = document.getElementById(form.dataset.slugTo);
    let suggested = slug.value;
    title.addEventListener("input", () => {
      if (slug.value !== suggested) return;
      slug.value = suggested = plain(title.value).replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 63).replace(/-+$/, "");
    });
  }
})();
