/** Events of a page that its connection has to know of. */
export interface PageHandlers {
  /** The browser reports the network again, or shows the page again after it was left. */
  onBack(): void;
  /** Another page is shown, and the browser keeps this one to go back to. Nothing in it runs after this. */
  onLeft?(): void;
}

/** Watches the page, where there is one, until the returned function is called. */
export function watchPage({ onBack, onLeft }: PageHandlers): () => void {
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => undefined;
  let isLeft = false;
  const onHide = ({ persisted }: PageTransitionEvent): void => {
    isLeft = persisted;
  };
  // After every listener of `pagehide`, in which an app may still say goodbye. A page that is in the background may be
  // frozen, too; it is not left.
  const onFreeze = (): void => {
    if (isLeft) onLeft?.();
  };
  const onShow = ({ persisted }: PageTransitionEvent): void => {
    isLeft = false;
    if (persisted) onBack();
  };
  const ownDocument: Document | undefined = window.document;
  window.addEventListener('online', onBack);
  window.addEventListener('pagehide', onHide);
  window.addEventListener('pageshow', onShow);
  ownDocument?.addEventListener('freeze', onFreeze);
  return () => {
    window.removeEventListener('online', onBack);
    window.removeEventListener('pagehide', onHide);
    window.removeEventListener('pageshow', onShow);
    ownDocument?.removeEventListener('freeze', onFreeze);
  };
}
