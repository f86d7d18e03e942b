import { useState } from 'react';

export interface Action {
  /** The name of the action under way. */
  readonly busy: string | undefined;
  /** The error of the last action. */
  readonly error: unknown;
  run(name: string, work: () => Promise<void>): Promise<void>;
}

/** Runs one action of a person at a time, and keeps its result. */
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
