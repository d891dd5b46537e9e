/* Swagger UI is dark below html.dark-mode: follow the theme that theme.js put on <html>, else the system. */
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  system.addEventListener("change", show);
  show();
})();
