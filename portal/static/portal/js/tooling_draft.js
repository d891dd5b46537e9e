// The draft of a request: htmx keeps it while somebody writes; this says how that went, keeps the last words when the
// page goes, adds and takes away rows, and lets no save overtake the one that sends the form.
(() => {
  "use strict";
  const form = document.querySelector("[data-draft]");
  if (!form) return;
  const autosaved = form.hasAttribute("data-autosaved");
  const AGAIN = 5000;
  const KEEPALIVE = 60 * 1024; // browsers send no more than 64 KB after a page is gone
  let open = 0;
  let touched = false;
  let failed = false;
  let leaving = false;

  const say = (text, meaning = "") => {
    const place = document.getElementById("draft-state");
    place.replaceChildren(Object.assign(document.createElement("span"), { className: meaning, textContent: text }));
  };
  const keep = () => window.htmx.trigger(form, "draft:save");
  const ours = (event) => event.detail.elt === form;

  // autosave
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("change", () => { touched = true; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!ours(event)) return;
    if (leaving) { event.preventDefault(); return; }
    open += 1;
    touched = false;
    say("Saving");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!ours(event)) return;
    open -= 1;
    failed = !event.detail.successful;
    form.dispatchEvent(new CustomEvent("draft:settled"));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!ours(event)) return;
    const { xhr } = event.detail;
    const elsewhere = !xhr.responseURL.endsWith(form.getAttribute("hx-post"));
    if (!elsewhere && (xhr.status < 400 || xhr.status === 409)) return;
    event.detail.shouldSwap = false;
    failed = touched = true;
    if (elsewhere) say("Not saved: you are signed out. Sign in again in another tab, then save here.", "bad");
    else if (xhr.status === 403) say("Not saved: it was sent meanwhile, or you signed in anew. Press Save to learn which; your words stay.", "bad");
    else say(`Not saved: the server answered with an error (${xhr.status}). What you typed is still here.`, "bad");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!ours(event)) return;
      failed = touched = true;
      say("Not saved: the server does not answer. It is tried again.", "bad");
      setTimeout(keep, AGAIN);
    });
  }

  // the last words
  const last = () => {
    if (!autosaved || leaving || !touched) return;
    const data = new URLSearchParams(new FormData(form));
    if (data.toString().length < KEEPALIVE) fetch(form.getAttribute("hx-post"), { method: "POST", body: data, keepalive: true });
  };
  window.addEventListener("pagehide", last);
  window.addEventListener("beforeunload", (event) => { if (!leaving && ((failed && touched) || form.querySelector("[data-refused]"))) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (autosaved && document.visibilityState === "hidden" && touched) keep(); });
  document.addEventListener("keydown", (event) => {
    if (!autosaved || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    keep();
  });

  // sending waits for the save under way, which changes the version that it is sent with
  form.addEventListener("submit", (event) => {
    if (!open) { leaving = true; return; }
    event.preventDefault();
    const button = event.submitter;
    form.addEventListener("draft:settled", () => setTimeout(() => form.requestSubmit(button)), { once: true });
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  // rows: data-rows names one of them, data-most says how many there may be; the server refuses more
  const rows = form.querySelector("[data-rows]");
  const template = form.querySelector("[data-row-template]");
  const name = rows.dataset.rows || "Alternative";
  const placeOf = (row) => Number(row.querySelector("[name]").name.split("-")[1]);
  const number = () => [...rows.children].forEach((row, index) => row.setAttribute("aria-label", `${name} ${index + 1}`));
  form.querySelector("[data-more]").addEventListener("click", (event) => {
    const place = Math.max(-1, ...[...rows.children].map(placeOf)) + 1;
    if (place >= (Number(rows.dataset.most) || 10)) return; // the server says that these are the most
    event.preventDefault();
    const row = template.content.cloneNode(true);
    for (const element of row.querySelectorAll("*")) {
      for (const attribute of ["id", "name", "for", "value"]) {
        if (element.hasAttribute(attribute)) element.setAttribute(attribute, element.getAttribute(attribute).replace("-98", `-${place}`));
      }
    }
    rows.append(row);
    number();
    rows.lastElementChild.querySelector("input:not([type=hidden]), select").focus();
  });
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drop]");
    if (!button) return;
    event.preventDefault();
    button.closest("[data-rows] > *").remove();
    number();
    form.dispatchEvent(new Event("change", { bubbles: true }));
    form.querySelector("[data-more]").focus();
  });

  // a missing part leads to its field, also where a combobox stands in for it
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goes]");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const target = field.matches("select[hidden]") ? field.parentElement.querySelector(".combobox input") : field;
    (target.matches("input, select, textarea, [tabindex]") ? target : target.querySelector("input")).focus();
    target.closest(".field, section").scrollIntoView({ block: "center" });
  });
})();
