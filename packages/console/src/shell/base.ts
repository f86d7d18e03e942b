/**
 * The path of the console on its host: empty at the root, `/hc` behind a proxy that has it there. The icon lies beside the
 * pages, and the document names it by a relative address.
 */
export const basePath: string = (() => {
  if (typeof document === 'undefined') return '';
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  return icon === null ? '' : new URL('.', icon.href).pathname.replace(/\/$/, '');
})();

/** The server's address, as clients and commands take it. */
export const serverAddress = (): string => window.location.origin + basePath;
