/* The radar: pointing at a blip or at its row lights both and says the tool's name. Listens on the document, because
   filters replace the picture. */
(() => {
  const both = (number) => document.querySelectorAll(`#radar [data-blip="${CSS.escape(number)}"]`);
  let lit = null;
  const clear = () => {
    for (const each of document.querySelectorAll("#radar .is-lit")) each.classList.remove("is-lit");
    for (const tip of document.querySelectorAll(".radar-tip")) tip.setAttribute("hidden", "");
    document.querySelector(".radar")?.classList.remove("is-lighting");
    lit = null;
  };
  const say = (blip) => {
    const svg = blip.ownerSVGElement, tip = svg.querySelector(".radar-tip");
    const [box, text] = [tip.querySelector("rect"), tip.querySelector("text")];
    const dot = blip.querySelector(".blip-dot");
    const [x, y, r] = ["cx", "cy", "r"].map((name) => Number(dot.getAttribute(name)));
    const size = svg.viewBox.baseVal.width;
    text.textContent = blip.dataset.name;
    tip.removeAttribute("hidden");
    const width = text.getComputedTextLength() + 14;
    const left = Math.max(0, Math.min(size - width, x - width / 2));
    const top = y - r - 28 < 0 ? y + r + 6 : y - r - 28;
    box.setAttribute("x", left); box.setAttribute("y", top); box.setAttribute("width", width);
    text.setAttribute("x", left + 7); text.setAttribute("y", top + 15);
  };
  const light = (number) => {
    if (number === lit) return;
    clear();
    if (!number) return;
    lit = number;
    for (const each of both(number)) {
      each.classList.add("is-lit");
      if (each.matches(".blip")) say(each);
    }
    document.querySelector(".radar")?.classList.add("is-lighting");
  };
  const of = (event) => event.target.closest?.("#radar [data-blip]")?.dataset.blip ?? null;
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => light(of(event)));
  document.addEventListener("focusout", clear);
  // A number in the table leads to its blip, which mostly is in view: the table must not jump for it.
  document.addEventListener("click", (event) => {
    const number = event.target.closest?.("#radar .radar-no")?.closest("[data-blip]").dataset.blip;
    if (!number || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const blip = document.querySelector(`#blip-${CSS.escape(number)}`);
    blip.focus({ preventScroll: true });
    blip.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("htmx:afterSwap", clear);
})();
