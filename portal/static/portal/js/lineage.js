/* The lineage picture: pointing at a node lights its edges; arrow keys walk along them. */
(() => {
  const svg = document.querySelector(".lineage-svg");
  if (!svg) return;
  const edges = [...svg.querySelectorAll(".lineage-edge")];
  const node = (id) => svg.querySelector(`[data-node="${CSS.escape(id)}"]`);
  const light = (id) => {
    for (const edge of edges) {
      const on = id && (edge.dataset.start === id || edge.dataset.end === id);
      edge.classList.toggle("lineage-lit", Boolean(on));
    }
    svg.classList.toggle("lineage-lighting", Boolean(id));
  };
  const of = (event) => event.target.closest("[data-node]")?.dataset.node;
  for (const name of ["pointerover", "focusin"]) svg.addEventListener(name, (event) => light(of(event)));
  for (const name of ["pointerleave", "focusout"]) svg.addEventListener(name, () => light(null));
  svg.addEventListener("keydown", (event) => {
    const id = of(event);
    const ends = { ArrowLeft: ["end", "start"], ArrowRight: ["start", "end"] }[event.key];
    if (!id || !ends) return;
    const next = edges.find((edge) => edge.dataset[ends[0]] === id && edge.dataset[ends[1]] !== "0");
    if (next) {
      event.preventDefault();
      node(next.dataset[ends[1]])?.focus();
    }
  });
  // At first sight all of it where it stays legible, else the entity asked about in the middle and a hint above.
  const LEGIBLE = 0.8;
  const box = svg.closest(".lineage-scroll");
  const hint = document.querySelector(".lineage-hint");
  const button = hint?.querySelector("[data-lineage-fit]");
  const full = svg.viewBox.baseVal.width;
  const fit = () => Math.min(1, (box.clientWidth - 2) / full);
  const show = (scale) => {
    svg.setAttribute("width", String(Math.floor(full * scale)));
    svg.removeAttribute("height");
    const centre = svg.querySelector(".lineage-centre rect");
    if (!centre) return;
    box.scrollLeft = (centre.x.baseVal.value + centre.width.baseVal.value / 2) * scale - box.clientWidth / 2;
    box.scrollTop = (centre.y.baseVal.value + centre.height.baseVal.value / 2) * scale - box.clientHeight / 2;
  };
  const draw = () => {
    const small = fit();
    const fitted = button?.getAttribute("aria-pressed") === "true";
    show(fitted || small >= LEGIBLE ? small : 1);
    if (!hint) return;
    hint.hidden = small >= LEGIBLE;
    hint.querySelector(".lineage-wide").hidden = fitted;
  };
  button?.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    draw();
  });
  if (box) { draw(); window.addEventListener("resize", draw); }
})();
