// The toolbar and the keys.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});

  const TABLE = "| column | column |\n| --- | --- |\n|  |  |";

  const code = (area, text) => {
    const words = area.value.slice(area.selectionStart, area.selectionEnd);
    if (words.includes("\n")) text.block(area, `\`\`\`\n${words}\n\`\`\``); else text.wrap(area, "`", "`", "code");
  };

  const heading = (area, text) => {
    const start = text.lineStart(area.value, area.selectionStart);
    const mark = area.value.slice(start).match(/^(#{1,6}) /)?.[0] || "";
    const next = mark === "" ? "## " : mark.length < 5 ? `#${mark}` : "";
    const at = area.selectionStart + next.length - mark.length;
    text.insert(area, start, start + mark.length, next);
    area.setSelectionRange(at, at);
  };

  const link = (area, text) => {
    const words = area.value.slice(area.selectionStart, area.selectionEnd);
    const from = area.selectionStart;
    if (/^https?:\/\/\S+$/.test(words)) {
      text.insert(area, from, area.selectionEnd, `[](${words})`);
      area.setSelectionRange(from + 1, from + 1);
      return;
    }
    const label = words || "words";
    text.insert(area, from, area.selectionEnd, `[${label}](https://)`);
    const at = from + label.length + 3;
    if (words) area.setSelectionRange(at, at + 8); else area.setSelectionRange(from + 1, from + 1 + label.length);
  };

  const ACTS = {
    bold: (area, text) => text.wrap(area, "**", "**", "bold"),
    italic: (area, text) => text.wrap(area, "*", "*", "italic"),
    heading,
    link,
    page: (area, text) => { text.insert(area, area.selectionStart, area.selectionEnd, "[["); },
    entity: (area, text) => { text.insert(area, area.selectionStart, area.selectionEnd, "{{"); },
    list: (area, text) => text.prefix(area, "- ", /^\s*[-*+] (?!\[)/),
    numbers: (area, text) => text.prefix(area, (at) => `${at + 1}. `, /^\s*\d{1,9}[.)] /),
    tasks: (area, text) => text.prefix(area, "- [ ] ", /^\s*[-*+] \[[ xX]\] /),
    quote: (area, text) => text.prefix(area, "> ", /^> ?/),
    code,
    table: (area, text) => text.block(area, TABLE, 2, 6),
  };

  const KEYS = { b: "bold", i: "italic", k: "link" };

  editor.tools = ({ form, area, pick, save, close }) => {
    const { text } = editor;
    const bar = form.querySelector(".editor-tools");
    bar.hidden = false;
    const buttons = [...bar.querySelectorAll("[data-tool]")];
    const act = (name) => { if (name === "image") pick(); else ACTS[name](area, text); };

    bar.addEventListener("pointerdown", (event) => { if (event.target.closest("[data-tool]")) event.preventDefault(); });
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tool]");
      if (button) act(button.dataset.tool);
    });
    // one stop for Tab; arrows move within, as in every toolbar
    bar.addEventListener("keydown", (event) => {
      const at = buttons.indexOf(event.target.closest("[data-tool]"));
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = buttons[(to + buttons.length) % buttons.length];
      for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
      next.focus();
    });

    area.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      const control = event.ctrlKey || event.metaKey;
      if (event.key === "Enter" && !control && !event.shiftKey && !event.altKey) {
        if (text.enter(area)) event.preventDefault();
      } else if (control && !event.altKey && !event.shiftKey && KEYS[event.key.toLowerCase()]) {
        event.preventDefault();
        event.stopPropagation();
        act(KEYS[event.key.toLowerCase()]);
      } else if (control && (event.key === "]" || event.key === "[")) {
        event.preventDefault();
        text.indent(area, event.key === "]");
      }
    });
    form.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
      if (event.key.toLowerCase() === "s" && !event.shiftKey) { event.preventDefault(); save(); }
      if (event.key === "Enter") { event.preventDefault(); close(); }
    });
  };
})();
