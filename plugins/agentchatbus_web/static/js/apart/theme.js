// Runs before the first paint, so that the page never flashes in the other theme.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("acb.theme");
  } catch {
    // A browser may forbid storage; the system's preference then holds.
  }
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
})();
