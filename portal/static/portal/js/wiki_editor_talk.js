// People after @ in comments and answers. All comments come again with every answer of the server, so a field is
// prepared when somebody first enters it.
(() => {
  "use strict";
  const editor = window.wikiEditor;
  let lists = 0;

  const prepare = (area) => {
    const list = document.createElement("ul");
    Object.assign(list, { id: `talk-options-${++lists}`, className: "options talk-options", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "People");
    const heard = document.createElement("div");
    heard.className = "sr-only";
    heard.setAttribute("role", "status");
    area.after(list, heard);
    editor.complete({ data: area.dataset, area, list, heard, kinds: ["person"] });
  };

  document.addEventListener("focusin", (event) => {
    const area = event.target.closest("textarea[data-complete]");
    if (area && !area.hasAttribute("aria-controls")) prepare(area);
  });
})();
