// The primary action of a request opens the form that it leads to; so does an address with the form's name.
(() => {
  "use strict";
  const open = () => {
    const place = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!place) return;
    if (place.matches("details.act")) place.open = true;
    place.querySelector("textarea, select, input:not([type=hidden]), button[type=submit]")?.focus();
    place.scrollIntoView({ block: "center" });
  };
  document.addEventListener("click", (event) => { if (event.target.closest("[data-opens]")) setTimeout(open); });
  window.addEventListener("hashchange", open);
  open();
})();
