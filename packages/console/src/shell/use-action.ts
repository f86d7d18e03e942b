import { useState } from 'react';

export interface Action {
  /** Name of what is under way. */
  readonly busy: string | undefined;
  /** Why the last one failed. */
  readonly error: unknown;
  run(name: string, work: () => Promise<void>): Promise<void>;
}

/** One thing at a time that a person started, and how it went. */
export function useAction(): Action {
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<unknown>();
  return {
    busy,
    error,
    async run(name, work) {
      setBusy(name);
      setError(undefined);
      try {
        await work();
      } catch (cause) {
        setError(cause);
      }
      setBusy(undefined);
    },
  };
}
