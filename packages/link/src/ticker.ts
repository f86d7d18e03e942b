import { after, passedMs } from './clock.ts';

/** Milliseconds between two ticks: fine enough for leases of seconds. */
const tickMs = 500;
/** How long the worker is kept without a wait, milliseconds: one wait mostly follows another. Chosen. */
const idleMsMax = 1_000;

const ticks = new Set<() => void>();
/** Ends the worker that ticks; null where none may be had. */
let stopWorker: (() => void) | null | undefined;

/**
 * Calls `act` once after `ms` milliseconds; the function returned cancels it. A hidden page's own timers run as seldom as once a minute,
 * longer than any lease, so a worker ticks as well; where workers are not to be had, the timer is alone.
 */
export function afterInTime(ms: number, act: () => void): () => void {
  const dueMs = passedMs() + ms;
  const end = (): void => {
    cancelTimer();
    stopTicking();
  };
  const finish = (): void => {
    end();
    act();
  };
  const cancelTimer = after(ms, finish);
  const stopTicking = startTicking(() => {
    if (passedMs() >= dueMs) finish();
  });
  return end;
}

function startTicking(tick: () => void): () => void {
  if (typeof document === 'undefined' || typeof Worker === 'undefined') return () => undefined;
  if (stopWorker === undefined) stopWorker = startWorker();
  if (!stopWorker) return () => undefined;
  ticks.add(tick);
  return () => {
    ticks.delete(tick);
    if (ticks.size === 0) after(idleMsMax, stopIfIdle);
  };
}

function stopIfIdle(): void {
  if (ticks.size > 0) return;
  stopWorker?.();
  stopWorker = undefined;
}

function startWorker(): (() => void) | null {
  const source = URL.createObjectURL(new Blob([`setInterval(() => postMessage(0), ${tickMs})`]));
  try {
    const worker = new Worker(source);
    worker.onmessage = () => {
      for (const tick of [...ticks]) if (ticks.has(tick)) tick();
    };
    return () => {
      worker.terminate();
      URL.revokeObjectURL(source);
    };
  } catch {
    // A content security policy may forbid blob workers; the timers go on alone.
    URL.revokeObjectURL(source);
    return null;
  }
}
