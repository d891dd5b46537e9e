// Copy buttons: the text of data-copy goes to the clipboard, the button says so for two seconds.
(() => {
  "use strict";
  const write = async (text) => {
    if (navigator.clipboard && window.isSecureContext) { await navigator.clipboard.writeText(text); return true; }
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    const done = await write(button.dataset.copy).catch(() => false);
    if (!done) { window.toast?.({ text: "The browser refused to copy. Select the text and copy it by hand.", meaning: "warn" }); return; }
    const label = button.getAttribute("aria-label");
    button.dataset.copied = "";
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => { delete button.dataset.copied; button.setAttribute("aria-label", label); }, 2000);
  });
})();
