// A <select data-combobox> becomes a field one can type in (also multiple). Without this script it stays a select.
// data-combobox-url="/address/?q=" asks the server for [{value, label, more}] instead of the options at hand.
(() => {
  "use strict";
  const LIMIT = 50;
  let serial = 0;

  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    return element;
  };

  class Combobox {
    constructor(select) {
      this.select = select;
      this.multiple = select.multiple;
      this.list = make("ul", { id: `combobox-${++serial}`, role: "listbox", class: "options", hidden: "" });
      this.input = make("input", {
        type: "text", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
      });
      this.build();
      this.listen();
    }

    build() {
      const { select, input } = this;
      const label = select.labels?.[0];
      if (label) { label.id ||= `${this.list.id}-label`; this.list.setAttribute("aria-labelledby", label.id); input.setAttribute("aria-labelledby", label.id); }
      for (const name of ["aria-describedby", "aria-invalid", "placeholder"]) {
        if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
      }
      input.disabled = select.disabled;
      input.required = select.required && !this.multiple;
      select.required = false;
      const box = make("div", { class: "combobox" });
      this.picked = make("div", { class: "picked" });
      select.after(box);
      box.before(this.picked);
      box.append(input, document.getElementById("icon-chevrons")?.content.cloneNode(true) || "", this.list);
      select.hidden = true;
      if (label) label.addEventListener("click", (event) => { event.preventDefault(); input.focus(); });
      this.show();
    }

    chosen() { return [...this.select.selectedOptions].filter((option) => option.value !== ""); }

    show() {
      if (!this.multiple) { this.input.value = this.chosen()[0]?.textContent.trim() || ""; return; }
      this.input.value = "";
      this.picked.replaceChildren(...this.chosen().map((option) => {
        const button = make("button", { type: "button", "aria-label": `Remove ${option.textContent.trim()}` }, option.textContent.trim());
        button.append(document.getElementById("icon-x")?.content.cloneNode(true) || "");
        button.addEventListener("click", () => { option.selected = false; this.changed(); this.input.focus(); });
        return button;
      }));
    }

    changed() { this.show(); this.select.dispatchEvent(new Event("change", { bubbles: true })); }

    listen() {
      const { input } = this;
      input.addEventListener("focus", () => input.select());
      input.addEventListener("click", () => this.open(""));
      input.addEventListener("input", () => this.open(input.value.trim().toLowerCase()));
      input.addEventListener("blur", () => { this.close(); this.show(); });
      input.addEventListener("keydown", (event) => this.key(event));
      this.list.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        const item = event.target.closest('[role="option"]');
        if (item) this.take(item);
      });
    }

    key(event) {
      const open = !this.list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (open) this.move(event.key === "ArrowDown" ? 1 : -1); else this.open("");
      } else if (event.key === "Enter" && open && this.current) {
        event.preventDefault();
        this.take(this.current);
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        event.stopPropagation();
        this.close();
        this.show();
      } else if (event.key === "Backspace" && this.multiple && !this.input.value) {
        const last = this.chosen().at(-1);
        if (last) { last.selected = false; this.changed(); }
      }
    }

    async open(words) {
      this.asked = words;
      const rows = this.select.dataset.comboboxUrl ? await this.ask(words) : this.match(words);
      if (this.asked !== words || document.activeElement !== this.input) return;
      this.list.replaceChildren(...rows.slice(0, LIMIT).map((row, index) => this.item(row, index)));
      if (!rows.length) this.list.append(make("li", { class: "nothing", role: "presentation" }, "Nothing fits. Try fewer letters."));
      if (rows.length > LIMIT) this.list.append(make("li", { class: "nothing", role: "presentation" }, `${LIMIT} of ${rows.length} shown. Type to narrow.`));
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.current = null;
      if (words && rows.length) this.move(1);
    }

    match(words) {
      return [...this.select.options].filter((option) => option.value !== "" && option.textContent.toLowerCase().includes(words))
        .map((option) => ({ value: option.value, label: option.textContent.trim(), more: option.dataset.more || "" }));
    }

    async ask(words) {
      const answer = await fetch(this.select.dataset.comboboxUrl + encodeURIComponent(words), { headers: { Accept: "application/json" } });
      return answer.ok ? answer.json() : [];
    }

    item(row, index) {
      const on = this.chosen().some((option) => option.value === String(row.value));
      const item = make("li", { id: `${this.list.id}-${index}`, role: "option", "aria-selected": String(on), "data-value": row.value }, row.label);
      if (row.more) item.append(make("span", { class: "end faint small" }, row.more));
      item.dataset.label = row.label;
      return item;
    }

    move(step) {
      const items = [...this.list.querySelectorAll('[role="option"]')];
      if (!items.length) return;
      this.current?.classList.remove("is-current");
      this.current = items[(items.indexOf(this.current) + step + items.length) % items.length];
      this.current.classList.add("is-current");
      this.current.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", this.current.id);
    }

    take(item) {
      const { value, label } = item.dataset;
      let option = [...this.select.options].find((each) => each.value === value);
      if (!option) { option = new Option(label, value); this.select.append(option); }
      option.selected = this.multiple ? !option.selected : true;
      this.close();
      this.changed();
    }

    close() {
      this.asked = null;
      this.list.hidden = true;
      this.current = null;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  const start = (root) => {
    for (const select of root.querySelectorAll("select[data-combobox]:not([data-ready])")) {
      select.dataset.ready = "";
      new Combobox(select);
    }
  };
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
})();
