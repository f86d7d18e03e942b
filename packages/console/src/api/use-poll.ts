import { useCallback, useEffect, useRef, useState } from 'react';

export interface Polled<Value> {
  /** The newest value; kept while a later request fails, so that a page does not go blank over one lost answer. */
  readonly value?: Value;
  /** Why the newest request failed; absent when it did not. */
  readonly error?: unknown;
  readonly again: () => void;
}

/**
 * Asks at once, and then `everyMs` after each answer while the page is visible. A change of `key` starts anew.
 * At most one request is under way. Without `everyMs` it asks once.
 */
export function usePoll<Value>(
  key: string,
  ask: (signal: AbortSignal) => Promise<Value>,
  everyMs: number | undefined,
): Polled<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; error?: unknown }>({ key });
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks for a fresh start without a new key.
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      try {
        const value = await latest.current(stop.signal);
        if (!stop.signal.aborted) setState({ key, value });
      } catch (error) {
        if (stop.signal.aborted) return;
        setState((before) => ({
          key,
          ...(before.key === key && 'value' in before && { value: before.value }),
          error,
        }));
      }
      if (!stop.signal.aborted && everyMs !== undefined) timer = setTimeout(next, everyMs);
    };
    const next = () => {
      // A hidden page asks nothing; coming back to it asks at once.
      if (document.visibilityState === 'visible') void run();
      else document.addEventListener('visibilitychange', next, { once: true, signal: stop.signal });
    };
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, round]);

  const again = useCallback(() => setRound((before) => before + 1), []);
  return state.key === key ? { ...state, again } : { again };
}
