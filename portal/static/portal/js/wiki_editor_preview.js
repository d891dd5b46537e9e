// The text as readers will see it, beside the text; both scroll roughly together. Words, size, missing sections.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});
  const WAIT = 350;
  const WAIT_LONG = 1500; // for texts that take long to render
  const LONG = 60000;

  class Preview {
    constructor(form, area) {
      Object.assign(this, { form, area, busy: false, again: false, shownText: null });
      this.shown = form.querySelector("[data-shown]");
      this.pane = form.querySelector(".editor-preview");
      this.counts = form.querySelector("[data-counts]");
      this.counts.hidden = false;
      area.addEventListener("input", () => this.later());
      this.follow();
      this.tabs();
      this.count();
      this.render();
    }

    later() {
      this.count();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.render(), this.area.value.length > LONG ? WAIT_LONG : WAIT);
    }

    count() {
      const words = (this.area.value.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) || []).length;
      const size = editor.text.size(this.area.value);
      const most = Number(this.form.dataset.largest);
      this.counts.textContent = `${words.toLocaleString("en")} word${words === 1 ? "" : "s"} · ${size < 1024 ? `${size} bytes` : `${Math.round(size / 1024).toLocaleString("en")} KB`} of ${most / 1024} KB`;
      this.counts.classList.toggle("bad", size > most);
      this.counts.classList.toggle("warn", size <= most && size > 0.9 * most);
    }

    visible() { return this.pane.offsetParent !== null; }

    async render() {
      if (this.busy) { this.again = true; return; }
      const text = this.area.value;
      if (text === this.shownText || !this.visible()) return;
      if (editor.text.tooLong(this.form, this.area)) { this.note("The text is too long for a page, so it is not shown."); return; }
      this.busy = true;
      const { preview, uid, space } = this.form.dataset;
      const data = new FormData();
      data.append("text", text);
      data.append("template", this.form.elements.namedItem("template")?.value || this.form.dataset.template);
      data.append(uid ? "page" : "space", uid || space);
      const answer = await editor.server.post(this.form, preview, data);
      this.busy = false;
      if (answer.ok) this.show(text, answer.data); else if (answer.data.detail) this.refused(answer.data);
      if (this.again) { this.again = false; this.later(); }
    }

    show(text, { html, missing }) {
      this.shownText = text;
      this.shown.innerHTML = html; // sanitised where it is rendered
      if (!text.trim()) this.note("The preview stands here.");
      this.missing(missing);
      this.step();
    }

    refused(problem) { this.note([problem.detail, problem.next_step].filter(Boolean).join(" ")); }

    note(words) {
      const line = document.createElement("p");
      line.className = "faint";
      line.textContent = words;
      this.shown.replaceChildren(line);
    }

    missing(titles) {
      const place = this.form.querySelector("[data-missing]");
      place.hidden = !titles.length;
      place.querySelector("[data-missing-list]").replaceChildren(...titles.map((title) => {
        const line = document.createElement("li");
        const button = document.createElement("button");
        Object.assign(button, { type: "button", className: "button button-small button-quiet", textContent: `+ ${title}` });
        button.setAttribute("aria-label", `Add the section ${title}`);
        button.addEventListener("click", () => {
          const end = this.area.value.length;
          const gap = !end ? "" : this.area.value.endsWith("\n") ? "\n" : "\n\n";
          editor.text.insert(this.area, end, end, `${gap}## ${title}\n\n`);
        });
        line.append(button);
        return line;
      }));
    }

    // The share of the way down is the same on both sides; whoever is scrolled by hand leads.
    follow() {
      let leader = null;
      const lead = (from, to) => () => {
        if (leader && leader !== from) return;
        const way = from.scrollHeight - from.clientHeight;
        if (way <= 0) return;
        leader = from;
        to.scrollTop = (from.scrollTop / way) * (to.scrollHeight - to.clientHeight);
        clearTimeout(this.free);
        this.free = setTimeout(() => { leader = null; }, 100);
      };
      this.step = lead(this.area, this.pane);
      this.area.addEventListener("scroll", this.step, { passive: true });
      this.pane.addEventListener("scroll", lead(this.pane, this.area), { passive: true });
    }

    tabs() {
      const group = this.form.querySelector(".editor-tabs");
      group.hidden = false;
      group.addEventListener("click", (event) => {
        const button = event.target.closest("[data-show]");
        if (!button) return;
        this.form.dataset.pane = button.dataset.show;
        for (const each of group.querySelectorAll("[data-show]")) each.setAttribute("aria-pressed", String(each === button));
        if (button.dataset.show === "preview") this.render(); else this.area.focus();
      });
      window.addEventListener("resize", () => this.render());
    }

    refresh() { this.shownText = null; this.later(); }
  }

  editor.preview = ({ form, area }) => new Preview(form, area);
})();
