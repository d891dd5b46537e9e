// The editor of a wiki page: saves without leaving, and joins what stands in the other wiki_editor files.
(() => {
  "use strict";
  const form = document.querySelector("[data-editor]");
  const editor = window.wikiEditor;
  if (!form || !editor) return;
  const area = form.querySelector("[data-editor-text]");
  const state = form.querySelector("[data-state]");
  const refusal = form.querySelector("[data-refusal]");
  let saving = false;

  const say = (words, meaning = "") => {
    state.textContent = words;
    state.className = `editor-state ${meaning}`;
  };

  const tooLong = () => {
    const sentence = editor.text.tooLong(form, area);
    refusal.hidden = !sentence;
    if (!sentence) return false;
    refusal.querySelector("[data-why]").textContent = `Not saved: ${sentence}`;
    say("Not saved", "bad");
    refusal.focus();
    return true;
  };

  const drafts = editor.drafts({ form, area, say });
  const preview = editor.preview({ form, area });
  const uploads = editor.uploads({ form, area, say });
  editor.complete({ data: form.dataset, area, list: form.querySelector("#editor-options"), heard: form.querySelector("[data-heard]") });

  // After the first save of a new page the form is that page's.
  const movedIn = (addresses) => {
    form.action = addresses.edit;
    Object.assign(form.dataset, { draft: addresses.draft, writers: addresses.writers, upload: addresses.upload, page: addresses.page });
    form.querySelector("[data-close]").href = addresses.page;
    if (location.pathname === addresses.edit) return;
    history.replaceState(null, "", addresses.edit);
    form.dataset.uid = addresses.edit.split("/").at(-3);
    form.dataset.template = form.elements.namedItem("template")?.value || form.dataset.template;
    form.querySelector(".editor-kind")?.remove();
    form.elements.namedItem("parent")?.remove();
  };

  const setBase = (number) => {
    let base = form.elements.namedItem("base");
    if (!base) { base = document.createElement("input"); Object.assign(base, { type: "hidden", name: "base" }); form.append(base); }
    base.value = number;
    drafts.behind({});
  };

  const takeMerge = (sentText, answer) => {
    if (area.value !== sentText) { say(`Saved as revision ${answer.revision}, merged with a change of ${answer.by.join(" and ")}. Your next save merges again.`, "good"); return; }
    const { selectionStart, scrollTop } = area;
    area.value = answer.text;
    area.setSelectionRange(selectionStart, selectionStart);
    area.scrollTop = scrollTop;
    form.elements.namedItem("title").value = answer.title;
    setBase(answer.revision);
    say(`Saved as revision ${answer.revision}, merged with a change of ${answer.by.join(" and ") || "somebody"}. `, "good");
    if (!answer.came_in) return;
    const link = Object.assign(document.createElement("a"), { href: answer.came_in, textContent: "See what came in", className: "link", target: "_blank", rel: "noopener" });
    state.append(link);
  };

  const save = async () => {
    if (saving || tooLong()) return;
    saving = true;
    say("Saving");
    await drafts.settle();
    const [sent, sentText] = [drafts.now(), area.value];
    const data = drafts.data();
    data.append("do", "save");
    const answer = await editor.server.post(form, form.action, data);
    saving = false;
    if (answer.status === 409 && answer.data.code === "edit_conflict") { close(); return; }
    if (!answer.ok) { say(`Not saved. ${[answer.data.detail, answer.data.next_step].filter(Boolean).join(" ")}`, "bad"); return; }
    const typed = drafts.now() !== sent;
    movedIn(answer.data.addresses);
    form.querySelector("[data-draft-notice]")?.remove();
    if (answer.data.merged) takeMerge(sentText, answer.data);
    else { setBase(answer.data.revision); say(answer.data.changed ? `Saved as revision ${answer.data.revision}` : "Nothing was different", "good"); }
    if (!typed) form.elements.namedItem("summary").value = "";
    drafts.saved(typed ? sent : drafts.now());
    preview.refresh();
  };

  // A page of its own answers: the saved page, what came in, or the conflict to settle.
  const close = async () => {
    if (tooLong()) return;
    await drafts.settle();
    form.requestSubmit(form.querySelector('.editor-foot [name="do"][value="save"]'));
  };

  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "save" && tooLong()) { event.preventDefault(); return; }
    editor.server.token(form);
    drafts.leaving = true;
  });
  window.addEventListener("pageshow", () => { drafts.leaving = false; });

  for (const element of form.querySelectorAll("[data-plain]")) element.hidden = true;
  for (const element of form.querySelectorAll("[data-stay], [data-scripted]")) element.hidden = false;
  form.querySelector("[data-stay]").addEventListener("click", save);
  editor.tools({ form, area, pick: () => uploads.pick(), save, close });

  // The starting text of a template, as long as nobody wrote anything of their own.
  const texts = document.getElementById("starting-texts");
  const kind = form.elements.namedItem("template");
  if (texts && kind) {
    const starting = JSON.parse(texts.textContent);
    const label = form.querySelector("[data-missing] p");
    kind.addEventListener("change", () => {
      const written = area.value.trim();
      const untouched = !written || Object.values(starting).some((text) => text.trim() === written);
      if (untouched) editor.text.insert(area, 0, area.value.length, starting[kind.value] || "");
      else say("Your text stays as it is; what this kind of page also has is listed below.");
      label.lastChild.textContent = `A ${kind.selectedOptions[0].textContent.toLowerCase()} usually also has:`;
      kind.focus();
      preview.refresh();
    });
  }
  if (!refusal.hidden) { refusal.focus(); return; }
  if (!form.elements.namedItem("title").value) form.elements.namedItem("title").focus(); else area.focus();
  area.setSelectionRange(0, 0);
})();
