// The draft on the server: every few seconds when something changed, on blur, and when the tab goes. Only words that
// could not be kept ask before they are left. And who else is writing.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});
  const EVERY = 3000;
  const WRITERS_EVERY = 20000;
  const WRITERS_OFTEN = 5000; // while somebody else is here
  const KEEPALIVE = 60 * 1024; // browsers send no more than 64 KB after a page is gone

  const clock = (moment) => new Date(moment).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

  class Drafts {
    constructor(form, area, say) {
      Object.assign(this, { form, area, say, leaving: false, sending: null, again: false, failed: false });
      this.kept = this.tooLong() ? "" : this.now();
      form.addEventListener("input", () => { this.touched = true; this.later(); });
      form.addEventListener("focusout", () => { if (this.changed()) this.keep(); });
      window.addEventListener("pagehide", () => { if (!this.leaving && this.changed()) this.last(); });
      document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" && !this.leaving && this.changed()) this.keep(); });
      window.addEventListener("beforeunload", (event) => { if (this.atRisk()) event.preventDefault(); });
      this.watch();
      this.tabs();
    }

    // One person has one draft of a page. Where another of their tabs wrote it, this one's words are at risk again.
    tabs() {
      if (!window.BroadcastChannel) return;
      this.channel = new BroadcastChannel("wiki-drafts");
      this.channel.addEventListener("message", (event) => {
        if (event.data !== this.form.dataset.draft || !this.touched) return;
        [this.kept, this.failed] = ["", true];
        this.say("The draft now has the words of another tab of yours. Save here what you need.", "warn");
      });
    }

    now() {
      const { title, text, summary } = this.form.elements;
      return [title.value, text.value, summary.value].join("\u0000");
    }

    changed() { return this.now() !== this.kept; }

    atRisk() {
      if (this.leaving || !this.changed()) return false;
      return this.failed || this.size() > KEEPALIVE;
    }

    size() { return editor.text.size(this.now()) + 500; }

    tooLong() { return editor.text.tooLong(this.form, this.area); }

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keep(), EVERY);
    }

    data() {
      const data = new FormData();
      for (const name of ["title", "text", "summary", "base", "parent", "template"]) {
        const field = this.form.elements.namedItem(name);
        if (field) data.append(name, field.value);
      }
      return data;
    }

    async keep() {
      clearTimeout(this.timer);
      if (this.leaving || !this.changed()) return;
      if (this.tooLong()) { this.failed = true; this.say("The draft is not kept: it is too long.", "bad"); return; }
      if (this.sending) { this.again = true; return; }
      const sent = this.now();
      this.sending = editor.server.post(this.form, this.form.dataset.draft, this.data());
      const answer = await this.sending;
      this.sending = null;
      this.failed = !answer.ok;
      if (answer.ok) { this.kept = sent; this.channel?.postMessage(this.form.dataset.draft); if (!this.leaving) this.say(answer.data.at ? `Draft kept ${clock(answer.data.at)}` : ""); }
      else if (!this.leaving) { this.say(`The draft is not kept. ${answer.data.detail || ""}`, "bad"); if (!answer.status) this.later(); }
      if (this.again) { this.again = false; this.later(); }
    }

    last() {
      if (this.size() > KEEPALIVE || this.tooLong()) return;
      const data = new URLSearchParams(this.data());
      editor.server.post(this.form, this.form.dataset.draft, data, { keepalive: true });
    }

    // Before a save: no draft may arrive after it and come back as a ghost.
    async settle() { clearTimeout(this.timer); this.again = false; if (this.sending) await this.sending; }

    saved(sent) { this.kept = sent; this.failed = false; this.touched = this.changed(); if (this.changed()) this.later(); }

    watch() {
      const ask = async () => {
        clearTimeout(this.asking);
        const company = await this.around();
        clearTimeout(this.asking);
        this.asking = setTimeout(ask, company ? WRITERS_OFTEN : WRITERS_EVERY);
      };
      ask();
      document.addEventListener("visibilitychange", ask);
    }

    base() { return this.form.elements.namedItem("base")?.value || ""; }

    // Whether somebody else is writing here.
    async around() {
      if (!this.form.dataset.writers || document.visibilityState === "hidden") return false;
      const base = this.base();
      const answer = await editor.server.get(`${this.form.dataset.writers}?base=${encodeURIComponent(base)}`);
      if (!answer.ok) return false;
      this.others(answer.data.names);
      if (base === this.base()) this.behind(answer.data);
      return answer.data.names.length > 0;
    }

    // What was saved since the text was opened; what a draft was already behind then, its own notice says.
    behind({ revision, by, see }) {
      const place = this.form.querySelector("[data-behind]");
      const newer = Boolean(see) && revision > Number(this.form.dataset.latest || 0);
      const words = newer ? `${by} saved revision ${revision} while you write.` : "";
      const span = place.querySelector("[data-said]");
      if (span.textContent !== words) span.textContent = words;
      if (newer) place.querySelector("a").href = see;
      place.hidden = !newer;
    }

    others(names) {
      const place = this.form.querySelector("[data-others]");
      const who = names.length > 2 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join(" and ");
      const words = names.length ? `${who} ${names.length > 1 ? "are" : "is"} editing this page too. Both changes are merged when you save.` : "";
      const span = place.querySelector("[data-names]");
      if (span.textContent !== words) span.textContent = words;
      place.hidden = !words;
    }
  }

  editor.drafts = ({ form, area, say }) => new Drafts(form, area, say);
})();
