import { type ComponentPropsWithRef, type MouseEvent, useSyncExternalStore } from 'react';
import { basePath } from './base.ts';

const moved = new EventTarget();

function subscribe(changed: () => void): () => void {
  window.addEventListener('popstate', changed);
  moved.addEventListener('moved', changed);
  return () => {
    window.removeEventListener('popstate', changed);
    moved.removeEventListener('moved', changed);
  };
}

/** The page's address within the console, without origin and fragment; the component renders again when it changes. */
export function useAddress(): URL {
  const href = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  return new URL(href.slice(basePath.length) || '/', window.location.origin);
}

/** Goes to an address within this console without loading the page anew; to its top unless it is told not to scroll. */
export function navigate(to: string, options: { replace?: boolean; scroll?: boolean } = {}): void {
  if (options.replace) window.history.replaceState(null, '', basePath + to);
  else {
    window.history.pushState(null, '', basePath + to);
    if (options.scroll !== false) window.scrollTo(0, 0);
  }
  moved.dispatchEvent(new Event('moved'));
}

/** A link within the console. With a modifier key or another button it is an ordinary link. */
export function RouteLink({
  href,
  onClick,
  ...rest
}: Omit<ComponentPropsWithRef<'a'>, 'href'> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !plain) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={basePath + href} onClick={follow} {...rest} />;
}
