// Runs before the first paint, so that neither the theme nor the width of the rail flashes.
(() => {
  "use strict";
  const root = document.documentElement;
  const read = (key) => {
    try { return localStorage.getItem(key); } catch { return null; } // storage may be refused: the system's choice holds
  };
  const theme = read("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (read("rail") === "narrow") root.dataset.rail = "narrow";
})();
