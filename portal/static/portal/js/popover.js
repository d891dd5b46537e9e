// Places native popovers beside the button that opened them and moves through menus with the arrows.
(() => {
  "use strict";
  const GAP = 4;
  const EDGE = 8;
  const opener = (popover) => document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]:not([hidden])`);

  const place = (popover, button) => {
    const at = button.getBoundingClientRect();
    const size = popover.getBoundingClientRect();
    const below = innerHeight - at.bottom - GAP - EDGE;
    const top = size.height <= below || at.top < below ? at.bottom + GAP : at.top - GAP - size.height;
    const left = popover.dataset.align === "end" ? at.right - size.width : at.left;
    popover.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - size.height - EDGE))}px`;
    popover.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - size.width - EDGE))}px`;
  };

  let last = null; // several buttons may open one popover: the pressed one counts
  document.addEventListener("click", (event) => { last = event.target.closest("[popovertarget]") || last; }, true);

  document.addEventListener("toggle", (event) => {
    const popover = event.target;
    if (!(popover instanceof HTMLElement) || !popover.matches("[popover]")) return;
    const open = event.newState === "open";
    const button = last?.getAttribute("popovertarget") === popover.id ? last : opener(popover);
    for (const each of document.querySelectorAll(`[popovertarget="${CSS.escape(popover.id)}"]`)) each.setAttribute("aria-expanded", String(open && each === button));
    if (open && button) place(popover, button);
  }, true);

  addEventListener("resize", () => { for (const popover of document.querySelectorAll("[popover]:popover-open")) popover.hidePopover(); });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest("[popover].menu, [popovertarget]");
    if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const popover = menu.matches("[popover]") ? menu : document.getElementById(menu.getAttribute("popovertarget"));
    if (!popover?.matches(":popover-open")) return;
    const items = [...popover.querySelectorAll("a[href], button, input")].filter((item) => item.offsetParent !== null);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const here = items.indexOf(document.activeElement);
    event.preventDefault();
    items[here < 0 ? (step > 0 ? 0 : items.length - 1) : (here + step + items.length) % items.length]?.focus();
  });
})();
