// Toasts: from the page, from HX-Trigger: {"toast": {...}}, or by window.toast({text, meaning, undo}).
(() => {
  "use strict";
  const room = document.querySelector(".toasts");
  if (!room) return;
  const LASTS = 6000;
  const LASTS_WITH_UNDO = 12000;

  const watch = (toast) => {
    if (toast.dataset.meaning === "bad") return; // an error stays until it is read
    const time = toast.querySelector("form") ? LASTS_WITH_UNDO : LASTS;
    let timer = 0;
    const run = () => { timer = setTimeout(() => toast.remove(), time); };
    for (const stop of ["pointerenter", "focusin"]) toast.addEventListener(stop, () => clearTimeout(timer));
    for (const on of ["pointerleave", "focusout"]) toast.addEventListener(on, run);
    run();
  };

  window.toast = ({ text, meaning = "", undo = "" }) => {
    const toast = room.querySelector("template").content.cloneNode(true).firstElementChild;
    if (meaning) { toast.classList.add(`toast-${meaning}`); toast.dataset.meaning = meaning; }
    for (const icon of toast.querySelectorAll("[data-icon]")) icon.hidden = icon.dataset.icon !== meaning;
    toast.querySelector(".toast-text").textContent = text;
    const form = toast.querySelector("form");
    if (undo) form.action = undo; else form.remove();
    room.append(toast);
    watch(toast);
  };

  document.addEventListener("toast", (event) => window.toast(event.detail));
  room.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
  });
  for (const toast of room.querySelectorAll(".toast")) watch(toast);
})();
