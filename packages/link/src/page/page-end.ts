import { passedMs } from '../clock.ts';

/**
 * Why a page is going away. A script's reload and a move to another page announce themselves by the Navigation API's
 * `navigate` event; the browser's own reload button does not, and looks like a closed tab.
 */
export type PageEnd = 'reload' | 'away' | 'unknown';

/** Time after its announcement in which a navigation or a reload key may still be the cause of the page's end, milliseconds. */
const navigationMsMax = 30_000;
const reloadKeyMsMax = 5_000;

type Handler = (end: PageEnd) => void;
interface NavigateEventLike extends Event {
  readonly navigationType: string;
  readonly hashChange: boolean;
  readonly downloadRequest: string | null;
  readonly destination: { readonly sameDocument: boolean };
}

const handlers = new Set<Handler>();
let stopListening: (() => void) | undefined;
let announced: { readonly end: PageEnd; readonly untilMs: number } | undefined;

/** Calls `handler` when the page goes away, until the returned function is called. Does nothing outside a page. */
export function onPageEnd(handler: Handler): () => void {
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => undefined;
  handlers.add(handler);
  stopListening ??= listen();
  return () => {
    handlers.delete(handler);
    if (handlers.size > 0) return;
    stopListening?.();
    stopListening = undefined;
  };
}

function listen(): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const navigation = (window as { readonly navigation?: EventTarget }).navigation;
  announced = undefined;
  navigation?.addEventListener('navigate', (event) => announceNavigation(event as NavigateEventLike), {
    signal,
  });
  navigation?.addEventListener(
    'navigateerror',
    () => {
      announced = undefined;
    },
    { signal },
  );
  window.addEventListener('keydown', announceReloadKey, { capture: true, signal });
  window.addEventListener(
    'pagehide',
    () => {
      const end = announced && passedMs() <= announced.untilMs ? announced.end : 'unknown';
      for (const handler of [...handlers]) handler(end);
    },
    { signal },
  );
  return () => stop.abort();
}

function announceNavigation(event: NavigateEventLike): void {
  if (event.destination.sameDocument || event.hashChange || event.downloadRequest !== null) return;
  announced = {
    end: event.navigationType === 'reload' ? 'reload' : 'away',
    untilMs: passedMs() + navigationMsMax,
  };
}

function announceReloadKey(event: KeyboardEvent): void {
  const reloads = event.key === 'F5' || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'r');
  if (reloads) announced = { end: 'reload', untilMs: passedMs() + reloadKeyMsMax };
}
