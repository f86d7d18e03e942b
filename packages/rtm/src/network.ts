/** Calls `act` when a page's network is said to be back, until the returned function is called. Elsewhere never. */
export function onNetworkBack(act: () => void): () => void {
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => undefined;
  window.addEventListener('online', act);
  return () => window.removeEventListener('online', act);
}
