import { readFileSync } from 'node:fs';
import { Client, type ClientOptions } from '../packages/server/testing/clients/client.ts';

/** CPU time of a process so far, milliseconds (Linux: ticks of 10 ms). */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The CPU time that a process takes within some seconds, milliseconds per second. */
export async function cpuPerSecond(pid: number, seconds: number): Promise<number> {
  const beforeMs = cpuMs(pid);
  const startedMs = performance.now();
  await Bun.sleep(seconds * 1_000);
  return ((cpuMs(pid) - beforeMs) * 1_000) / (performance.now() - startedMs);
}

/** Time that the first thread of a process was ready to run and had no core, milliseconds (Linux; elsewhere 0). */
export function waitedMs(pid: number | 'self'): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

/** Joins `count` members, `perSecond` of them each second (0: as fast as `together` at a time go). Resolves with their join times, milliseconds. */
export async function joinMany(options: {
  readonly base: Omit<ClientOptions, 'uid'>;
  readonly count: number;
  readonly perSecond: number;
  readonly firstUid?: number;
  readonly together?: number;
  readonly onJoined?: (uid: number, sentMs: number) => void;
}): Promise<{ clients: Client[]; joinMs: number[]; seconds: number }> {
  const { base, count, perSecond, firstUid = 1, together = 128 } = options;
  const clients: Client[] = [];
  const joinMs: number[] = [];
  const startedMs = performance.now();
  const one = async (index: number) => {
    const uid = firstUid + index;
    const sentMs = performance.now();
    options.onJoined?.(uid, performance.timeOrigin + performance.now());
    clients.push(await Client.join({ ...base, uid }, 120_000));
    joinMs.push(performance.now() - sentMs);
  };
  if (perSecond > 0) {
    const pending: Promise<void>[] = [];
    for (let index = 0; index < count; index++) {
      const waitMs = startedMs + (index * 1000) / perSecond - performance.now();
      if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      pending.push(one(index));
    }
    await Promise.all(pending);
  } else {
    let next = 0;
    const worker = async () => {
      while (next < count) await one(next++);
    };
    await Promise.all(Array.from({ length: together }, worker));
  }
  return { clients, joinMs, seconds: (performance.now() - startedMs) / 1000 };
}
