import type { Clock } from '../clock.ts';

/** Why the part cannot do its work now, in a sentence; undefined if it can. */
export type ReadinessCheck = () => string | undefined | Promise<string | undefined>;

export interface Health {
  /** Adds a part's check under its name; the returned function takes it away. */
  register(part: string, check: ReadinessCheck): () => void;
  /** The parts that are not ready, each with its reason; empty when the server is ready. */
  notReady(): Promise<Readonly<Record<string, string>>>;
}

/** A check that takes longer counts as not ready, milliseconds: a load balancer must get its answer. Chosen, not measured. */
const checkMsMax = 2_000;

/** Readiness of the server: ready when every registered part is. */
export function createHealth(clock: Clock): Health {
  const checks = new Map<string, ReadinessCheck>();
  return {
    register(part, check) {
      checks.set(part, check);
      return () => {
        if (checks.get(part) === check) checks.delete(part);
      };
    },
    async notReady() {
      const reasons: Record<string, string> = {};
      await Promise.all(
        [...checks].map(async ([part, check]) => {
          const reason = await run(check, clock);
          if (reason !== undefined) reasons[part] = reason;
        }),
      );
      return reasons;
    },
  };
}

async function run(check: ReadinessCheck, clock: Clock): Promise<string | undefined> {
  let cancel = () => {};
  const late = new Promise<string>((resolve) => {
    cancel = clock.after(checkMsMax, () => resolve('The check did not answer in time.'));
  });
  try {
    return await Promise.race([Promise.resolve(check()), late]);
  } catch {
    return 'The check failed.';
  } finally {
    cancel();
  }
}
