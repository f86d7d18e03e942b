/**
 * Why a page is going away. A script's reload and a move to another page announce themselves by the Navigation API's
 * `navigate` event; the browser's own reload button does not, and looks like a closed tab.
 */
export type PageEnd = 'reload' | 'away' | 'unknown';

/** How long after its announcement a navigation or a reload key may still be what ends the page, milliseconds. */
const navigationMsMax = 30_000;
const reloadKeyMsMax = 5_000;

type Handler = (end: PageEnd) => void;
interface NavigationLike extends EventTarget {
  readonly currentEntry?: unknown;
}
interface NavigateEventLike extends Event {
  readonly navigationType: string;
  readonly hashChange: boolean;
  readonly downloadRequest: string | null;
  readonly destination: { readonly sameDocument: boolean };
}

const handlers = new Set<Handler>();
let listening = false;
let announced: { readonly end: PageEnd; readonly untilMs: number } | undefined;

/** Calls `handler` when the page goes away, until the returned function is called. Does nothing outside a page. */
export function onPageEnd(handler: Handler): () => void {
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => undefined;
  handlers.add(handler);
  if (!listening) listen();
  return () => handlers.delete(handler);
}

function listen(): void {
  listening = true;
  const navigation = (window as { readonly navigation?: NavigationLike }).navigation;
  navigation?.addEventListener('navigate', (event) => announceNavigation(event as NavigateEventLike));
  navigation?.addEventListener('navigateerror', () => {
    announced = undefined;
  });
  window.addEventListener('keydown', announceReloadKey, { capture: true });
  window.addEventListener('pagehide', () => {
    const end = announced && Date.now() <= announced.untilMs ? announced.end : 'unknown';
    for (const handler of [...handlers]) handler(end);
  });
}

function announceNavigation(event: NavigateEventLike): void {
  if (event.destination.sameDocument || event.hashChange || event.downloadRequest !== null) return;
  announced = {
    end: event.navigationType === 'reload' ? 'reload' : 'away',
    untilMs: Date.now() + navigationMsMax,
  };
}

function announceReloadKey(event: KeyboardEvent): void {
  const reloads = event.key === 'F5' || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'r');
  if (reloads && event.isTrusted) announced = { end: 'reload', untilMs: Date.now() + reloadKeyMsMax };
}
