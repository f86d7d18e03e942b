/** Milliseconds between two ticks: fine enough for leases of seconds. */
const tickMs = 500;

type Tick = () => void;
const ticks = new Set<Tick>();
let stopSources: (() => void) | undefined;

/**
 * Calls `tick` about twice a second until the returned function is called. A hidden tab's own timers run as seldom as once
 * a minute, longer than any lease, so a worker ticks as well; where workers are not to be had, the timer is alone.
 */
export function startTicking(tick: Tick): () => void {
  ticks.add(tick);
  stopSources ??= startSources(() => {
    for (const each of [...ticks]) each();
  });
  return () => {
    ticks.delete(tick);
    if (ticks.size > 0) return;
    stopSources?.();
    stopSources = undefined;
  };
}

function startSources(tickAll: Tick): () => void {
  const timer = setInterval(tickAll, tickMs);
  const stopWorker = startWorker(tickAll);
  return () => {
    clearInterval(timer);
    stopWorker?.();
  };
}

function startWorker(tickAll: Tick): (() => void) | undefined {
  if (typeof document === 'undefined' || typeof Worker === 'undefined') return undefined;
  const source = URL.createObjectURL(new Blob([`setInterval(() => postMessage(0), ${tickMs})`]));
  try {
    const worker = new Worker(source);
    worker.onmessage = tickAll;
    return () => {
      worker.terminate();
      URL.revokeObjectURL(source);
    };
  } catch {
    // A content security policy may forbid blob workers; the timer goes on alone.
    URL.revokeObjectURL(source);
    return undefined;
  }
}
