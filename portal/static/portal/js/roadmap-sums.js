// A running sum beside number inputs: data-sum is the aim; data-sum-most says that less is allowed too.
(() => {
  "use strict";
  const number = (input) => { const value = Number(input.value.replace(",", ".")); return Number.isFinite(value) ? value : 0; };
  const tell = (form) => {
    const inputs = [...form.querySelectorAll("input[type='number']")];
    const sum = Math.round(inputs.reduce((total, input) => total + number(input), 0) * 100) / 100;
    const aim = Number(form.dataset.sum);
    const left = Math.round((aim - sum) * 100) / 100;
    const most = form.hasAttribute("data-sum-most");
    form.querySelectorAll("[data-sum-shown]").forEach((place) => { place.textContent = String(sum); });
    form.querySelectorAll("[data-sum-says]").forEach((place) => {
      place.textContent = left < 0 ? `${-left} too many` : left > 0 ? `${left} left` : most ? "all given" : "adds up";
      place.classList.toggle("bad", left < 0);
      place.classList.toggle("good", left === 0);
      place.classList.toggle("warn", left > 0 && !most);
    });
  };
  for (const form of document.querySelectorAll("form[data-sum]")) {
    form.addEventListener("input", () => tell(form));
    tell(form);
  }
})();
