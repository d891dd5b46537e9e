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
  const centre = svg.querySelector(".lineage-centre rect");
  const box = svg.closest(".lineage-scroll");
  if (centre && box) box.scrollLeft = centre.x.baseVal.value - (box.clientWidth - 196) / 2;
})();
