import { after } from '@housecount/link';
import { aborted } from './errors.ts';

/** Resolves after `ms` milliseconds; rejects OPERATION_ABORTED as soon as one of the signals aborts. */
export function delay(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signals.some((signal) => signal.aborted)) return reject(aborted());
    const cancel = after(ms, () => {
      unlisten();
      resolve();
    });
    const unlisten = onAnyAbort(signals, () => {
      cancel();
      reject(aborted());
    });
  });
}

/** Calls `act` at most once, when the first of the signals aborts; the function returned lets them go. `AbortSignal.any` is of 2023. */
export function onAnyAbort(signals: readonly AbortSignal[], act: () => void): () => void {
  const unlisten = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  };
  const onAbort = (): void => {
    unlisten();
    act();
  };
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  return unlisten;
}

/** Rejects OPERATION_ABORTED if the signal has aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}
