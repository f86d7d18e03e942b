import { after, passedMs } from './clock.ts';

/** Milliseconds between two ticks: fine enough for leases of seconds. */
const tickMs = 500;
/** Time for which the worker is kept without a wait, milliseconds: one wait mostly follows another. Chosen. */
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
  if (ticks.size > 0 || !stopWorker) return;
  stopWorker();
  stopWorker = undefined;
}

function startWorker(): (() => void) | null {
  let source: string | undefined;
  try {
    source = URL.createObjectURL(new Blob([`setInterval(() => postMessage(0), ${tickMs})`]));
    return tickBy(new Worker(source), source);
  } catch {
    // There are no blobs here, or a worker may not be made of them; the timers go on alone.
    if (source !== undefined) URL.revokeObjectURL(source);
    return null;
  }
}

/** Lets `worker` tick, whose source is at `source`; the function returned ends it. */
function tickBy(worker: Worker, source: string): () => void {
  const stop = (): void => {
    worker.terminate();
    URL.revokeObjectURL(source);
  };
  worker.onmessage = () => {
    for (const tick of [...ticks]) if (ticks.has(tick)) tick();
  };
  // A worker that a content security policy forbids is made all the same, and fails after that; the timers go on alone.
  worker.onerror = () => {
    stop();
    ticks.clear();
    stopWorker = null;
  };
  return stop;
}
