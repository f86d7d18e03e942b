// Sets the colour scheme before the first paint, so that a dark page never flashes white.
// A file of its own, not inline: the content security policy allows scripts from this origin only.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('mantine-color-scheme-value');
  } catch {
    // Storage may be blocked; then the system's choice is taken.
  }
  const dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
