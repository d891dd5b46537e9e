// In the editor and in comments: [[ pages, @ people, {{ entities: a list at the caret. Focus stays in the text; arrows choose, Enter takes, Escape closes.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});
  const WAIT = 120;
  const OPENERS = [
    { what: "page", pattern: /\[\[([^[\]\n|#]{0,100})$/, open: "[[", close: "]]" },
    { what: "entity", pattern: /\{\{\s?([^{}\n]{0,100})$/, open: "{{", close: "}}" },
    { what: "person", pattern: /(?:^|[\s(>*_"'])@([\w.-]{0,60})$/, open: "@", close: "" },
  ];
  const COPIED = ["fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "tabSize", "paddingTop", "paddingRight",
    "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth", "borderBottomWidth", "borderLeftWidth", "boxSizing"];

  // Where the caret is, by a copy of the text before it in the same shape.
  const caret = (area, at) => {
    const mirror = document.createElement("div");
    const looks = getComputedStyle(area);
    for (const name of COPIED) mirror.style[name] = looks[name];
    Object.assign(mirror.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", width: `${area.offsetWidth}px`, top: "0", left: "-9999px" });
    const start = Math.max(0, area.value.lastIndexOf("\n", at - 1) + 1);
    mirror.textContent = area.value.slice(0, start);
    const line = document.createElement("span");
    line.textContent = area.value.slice(start, at);
    const mark = document.createElement("span");
    mark.textContent = "\u200b";
    mirror.append(line, mark);
    document.body.append(mirror);
    const place = { left: mark.offsetLeft, top: mark.offsetTop - area.scrollTop, height: parseFloat(looks.lineHeight) || 20 };
    mirror.remove();
    return place;
  };

  const inCode = (before) => (before.match(/^(```|~~~)/gm) || []).length % 2 === 1;

  const found = (area, openers) => {
    if (area.selectionStart !== area.selectionEnd) return null;
    const before = area.value.slice(0, area.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    for (const opener of openers) {
      const match = line.match(opener.pattern);
      if (match) return inCode(before) ? null : { ...opener, words: match[1], from: before.length - match[1].length };
    }
    return null;
  };

  class Completion {
    constructor({ data, area, list, heard, kinds }) {
      Object.assign(this, { data, area, list, heard, rows: [], at: -1, asked: 0, dismissed: "" });
      this.openers = OPENERS.filter((opener) => !kinds || kinds.includes(opener.what));
      area.setAttribute("aria-autocomplete", "list");
      area.setAttribute("aria-haspopup", "listbox");
      area.setAttribute("aria-controls", this.list.id);
      area.addEventListener("input", () => this.look());
      area.addEventListener("click", () => this.close());
      area.addEventListener("blur", () => this.close());
      area.addEventListener("scroll", () => this.close());
      area.addEventListener("keydown", (event) => this.key(event));
      this.list.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        const item = event.target.closest('[role="option"]');
        if (item) this.take(Number(item.dataset.at));
      });
    }

    look() {
      clearTimeout(this.timer);
      const wanted = found(this.area, this.openers);
      if (!wanted) { this.dismissed = ""; this.close(); return; }
      if (this.dismissed === `${wanted.what}${wanted.from}`) return;
      this.timer = setTimeout(() => this.ask(wanted), WAIT);
    }

    async ask(wanted) {
      const turn = ++this.asked;
      const { complete, uid, space } = this.data;
      const query = new URLSearchParams({ what: wanted.what, q: wanted.words, ...(uid ? { page: uid } : { space }) });
      const answer = await editor.server.get(`${complete}?${query}`);
      const now = found(this.area, this.openers);
      if (turn !== this.asked || !answer.ok || document.activeElement !== this.area || now?.from !== wanted.from) return;
      this.show(wanted, answer.data);
    }

    show(wanted, rows) {
      this.wanted = wanted;
      this.rows = rows;
      if (!rows.length) { this.close(); this.heard.textContent = "No suggestions"; return; }
      this.list.replaceChildren(...rows.map((row, at) => this.item(row, at)));
      this.place(wanted.from);
      this.list.hidden = false;
      this.move(0);
      this.heard.textContent = `${rows.length} suggestions. Arrows choose, Enter takes, Escape closes.`;
    }

    item(row, at) {
      const item = document.createElement("li");
      Object.assign(item, { id: `${this.list.id}-${at}` });
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.at = at;
      const label = document.createElement("span");
      label.textContent = row.label;
      const more = document.createElement("span");
      more.className = "end faint small";
      more.textContent = row.more;
      item.append(label, more);
      return item;
    }

    place(at) {
      const { left, top, height } = caret(this.area, at);
      const box = this.area;
      const room = Math.max(0, box.offsetWidth - Math.min(320, box.offsetWidth));
      this.list.style.left = `${box.offsetLeft + Math.min(left, room)}px`;
      this.list.style.top = `${box.offsetTop + Math.max(0, top) + height + 2}px`;
    }

    move(at) {
      const items = [...this.list.children];
      this.at = (at + items.length) % items.length;
      for (const item of items) {
        const on = Number(item.dataset.at) === this.at;
        item.classList.toggle("is-current", on);
        item.setAttribute("aria-selected", String(on));
        if (on) { item.scrollIntoView({ block: "nearest" }); this.area.setAttribute("aria-activedescendant", item.id); }
      }
    }

    key(event) {
      if (this.list.hidden || event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.move(this.at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.take(this.at);
      } else if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.dismissed = `${this.wanted.what}${this.wanted.from}`;
        this.close();
      }
    }

    take(at) {
      const row = this.rows[at];
      const { from, close } = this.wanted;
      const end = this.area.selectionStart;
      const sign = close || " "; // what stands behind the name; it is not written twice
      const there = close ? this.area.value.startsWith(close, end) : /\s/.test(this.area.value[end] || "");
      this.close();
      editor.text.insert(this.area, from, end, row.value + (there ? "" : sign));
      if (there) this.area.setSelectionRange(this.area.selectionStart + sign.length, this.area.selectionStart + sign.length);
    }

    close() {
      clearTimeout(this.timer);
      this.asked += 1;
      this.list.hidden = true;
      this.area.removeAttribute("aria-activedescendant");
      this.heard.textContent = "";
    }
  }

  editor.complete = (parts) => new Completion(parts);
})();
