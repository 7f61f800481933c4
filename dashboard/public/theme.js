// Runs before the first paint, so that a chosen theme does not flash. Kept out of the bundle: scripts in the page are
// not allowed by the hub's content security policy, and the bundle comes too late.
(() => {
  try {
    const chosen = JSON.parse(localStorage.getItem("hub.preferences") ?? "{}");
    const root = document.documentElement;
    if (chosen.theme === "light" || chosen.theme === "dark") root.dataset.theme = chosen.theme;
    if (chosen.language === "en" || chosen.language === "ru") root.lang = chosen.language;
    root.dataset.density = chosen.density === "dense" || chosen.density === "comfortable" ? chosen.density : "auto";
  } catch {
    // Storage is closed to this page: the system's theme holds.
  }
})();
