// The triage board by keys: j and k move from card to card, a letter opens the card's small form, Escape leaves it.
(() => {
  "use strict";
  const titles = () => [...document.querySelectorAll("[data-card]")];
  const typing = (element) => element.closest("input, select, textarea, [contenteditable='true'], dialog[open], [popover]");
  const cardOf = (element) => element?.closest(".card");
  let opened = null; // the card whose form stands open

  const go = (step) => {
    const all = titles();
    const here = all.indexOf(cardOf(document.activeElement)?.querySelector("[data-card]"));
    const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
    if (!next) return;
    next.focus();
    cardOf(next).scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const leave = (card) => {
    card.querySelector(".card-form").replaceChildren();
    if (opened === card) opened = null;
    card.querySelector("[data-card]").focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      const card = cardOf(document.activeElement);
      if (card?.querySelector(".card-form form")) { event.preventDefault(); leave(card); }
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "j" || event.key === "k") { event.preventDefault(); go(event.key === "j" ? 1 : -1); return; }
    const link = cardOf(document.activeElement)?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
  document.addEventListener("click", (event) => {
    const card = event.target.closest("[data-leave]") && cardOf(event.target);
    if (card) { event.preventDefault(); leave(card); }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const card = cardOf(event.target);
    const form = card?.querySelector(".card-form form");
    if (!form) return;
    if (opened && opened !== card) opened.querySelector(".card-form").replaceChildren();
    opened = card;
    (form.querySelector("textarea, .combobox input, select") || form.querySelector("[type=submit]")).focus();
    form.scrollIntoView({ block: "nearest" });
  });

  // after an answer: the card that was answered, else the one that stands first
  const at = new URLSearchParams(location.search).get("at");
  const place = document.getElementById(at ? `card-${at}` : location.hash.slice(1));
  if (at || place) history.replaceState(null, "", location.pathname); // going to a fragment would take the focus away
  const first = place?.querySelector("[data-card]") || ((at || location.hash) && titles()[0]);
  if (first) first.focus();
})();
