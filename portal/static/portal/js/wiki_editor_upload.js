// Pasted, dropped or chosen files become attachments; their Markdown goes where the caret was.
(() => {
  "use strict";
  const editor = (window.wikiEditor = window.wikiEditor || {});
  const MOST = 10;

  const named = (file) => {
    if (file.name && !/^image\.(png|jpe?g|gif|webp)$/i.test(file.name)) return file.name;
    const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
    return `picture-${stamp}.${(file.type.split("/")[1] || "png").replace("jpeg", "jpg")}`;
  };

  class Uploads {
    constructor(form, area, say) {
      Object.assign(this, { form, area, say });
      this.room = form.querySelector("[data-uploads]");
      this.chooser = document.getElementById("editor-file");
      this.chooser.addEventListener("change", () => { this.take([...this.chooser.files]); this.chooser.value = ""; });
      area.addEventListener("paste", (event) => this.pasted(event));
      area.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); area.classList.add("is-over"); } });
      area.addEventListener("dragleave", () => area.classList.remove("is-over"));
      area.addEventListener("drop", (event) => {
        area.classList.remove("is-over");
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        this.take([...event.dataTransfer.files]);
      });
    }

    pick() { this.chooser.click(); }

    // Copied cells come as words and as a picture: then the words are meant.
    pasted(event) {
      const files = [...event.clipboardData.files];
      if (!files.length || event.clipboardData.getData("text/plain")) return;
      event.preventDefault();
      this.take(files);
    }

    take(files) {
      if (!this.form.dataset.upload) { this.say("Save the page once (Ctrl-S), then files can be attached to it.", "warn"); return; }
      for (const file of files.slice(0, MOST)) this.send(file, named(file));
    }

    send(file, name) {
      const line = this.line(name);
      if (file.size > Number(this.form.dataset.largestFile)) { line.fail(`${name} is larger than ${Math.round(this.form.dataset.largestFile / 2 ** 20)} MB, the most that is taken.`); return; }
      const mark = `![${name} is being attached](…)`;
      editor.text.insert(this.area, this.area.selectionStart, this.area.selectionEnd, mark);
      const request = new XMLHttpRequest(); // fetch tells no progress of what is sent
      request.open("POST", this.form.dataset.upload);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", editor.server.token(this.form));
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) line.progress(event.loaded / event.total); });
      request.addEventListener("loadend", () => this.done(request, mark, line, name));
      const data = new FormData();
      data.append("file", file, name);
      request.send(data);
    }

    done(request, mark, line, name) {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* no answer, or a page: the sentence below says it */ }
      const well = request.status === 201 && answer?.markdown;
      this.replace(mark, well ? answer.markdown : "");
      if (well) line.end(); else line.fail(`${name} is not attached. ${answer?.detail || "The server did not take it; try again."}`);
    }

    replace(mark, words) {
      const at = this.area.value.indexOf(mark);
      if (at < 0) { if (words) this.say(`Attached: ${words}`); return; }
      const { selectionStart: from, selectionEnd: to } = this.area;
      const moved = (place) => (place <= at ? place : Math.max(at + words.length, place + words.length - mark.length));
      this.area.setRangeText(words, at, at + mark.length, "preserve");
      this.area.setSelectionRange(moved(from), moved(to));
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }

    line(name) {
      const box = document.createElement("div");
      box.className = "editor-upload";
      const words = document.createElement("span");
      words.textContent = name;
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", `Attaching ${name}`);
      box.append(words, bar);
      this.room.append(box);
      return {
        progress: (share) => { bar.value = share; },
        end: () => box.remove(),
        fail: (sentence) => {
          box.setAttribute("role", "alert");
          box.classList.add("bad");
          words.textContent = sentence;
          const button = document.createElement("button");
          Object.assign(button, { type: "button", className: "button button-small button-quiet", textContent: "Close" });
          button.addEventListener("click", () => box.remove());
          bar.replaceWith(button);
          box.scrollIntoView({ block: "nearest" });
        },
      };
    }
  }

  editor.uploads = ({ form, area, say }) => new Uploads(form, area, say);
})();
