/** The kind of network that a page is on, where browsers say it (Chrome on phones): `wifi`, `cellular`, … */
interface Connectivity extends EventTarget {
  readonly type?: string;
}

/** Calls `onChange` when the page is on another network, as far as the browser tells, until the function returned is called. */
export function watchNetwork(onChange: () => void): () => void {
  const connectivity = (globalThis.navigator as { readonly connection?: Connectivity } | undefined)
    ?.connection;
  let type = connectivity?.type;
  // Its estimates of rate and delay change all the time.
  const onConnectivity = (): void => {
    if (connectivity?.type === type) return;
    type = connectivity?.type;
    onChange();
  };
  connectivity?.addEventListener('change', onConnectivity);
  globalThis.addEventListener?.('online', onChange);
  return () => {
    connectivity?.removeEventListener('change', onConnectivity);
    globalThis.removeEventListener?.('online', onChange);
  };
}
