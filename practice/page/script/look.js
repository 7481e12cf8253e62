// Sets the remembered look, light or dark, before anything is drawn; it stands alone so that nothing flashes.
(() => {
  try {
    const look = localStorage.getItem("practice.look");
    if (look === "light" || look === "dark") document.documentElement.dataset.look = look;
  } catch {
    // Without storage the page follows the system.
  }
})();
