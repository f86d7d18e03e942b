import { noticeTypeNumbers } from '@housecount/protocol';
import type { Endpoint } from '../../packages/server/src/notify/endpoint/endpoint.ts';
import { type Child, startChild } from '../child.ts';
import type { HostCalls, HostStatus } from './notify-process.ts';
import type { ReceiverCalls, ReceiverCount } from './receiver-process.ts';

export const secret = 'a-secret-for-the-bench';

/** An endpoint of the bench's app with every setting as it is by default. */
export function benchEndpoint(id: string, port: number, more: Partial<Endpoint> = {}): Endpoint {
  return {
    id,
    app: '0123456789abcdef0123456789abcdef',
    url: `http://127.0.0.1:${port}/notices`,
    description: '',
    secrets: [{ secret }],
    events: noticeTypeNumbers,
    channels: [],
    format: 'agora',
    retry: 'standard',
    redeliverGivenUp: false,
    headers: {},
    allowPrivateNetwork: true,
    ...more,
  };
}

export interface NoticeLoad {
  readonly host: Child<HostCalls>;
  readonly receiver: Child<ReceiverCalls>;
  end(): Promise<void>;
}

/** Starts the process that holds the server's parts and the one with receivers. */
export function startNoticeLoad(): NoticeLoad {
  const host = startChild<HostCalls>(new URL('./notify-process.ts', import.meta.url));
  const receiver = startChild<ReceiverCalls>(new URL('./receiver-process.ts', import.meta.url));
  return {
    host,
    receiver,
    async end() {
      await Promise.all([host.end(), receiver.end()]);
    },
  };
}

/** One look at both processes. */
export interface Sample {
  readonly atMs: number;
  readonly host: HostStatus;
  readonly count: ReceiverCount;
}

export async function sample({ host, receiver }: NoticeLoad, index = 0): Promise<Sample> {
  const [status, count] = await Promise.all([
    host.call('status', {}),
    receiver.call('count', { receiver: index }),
  ]);
  return { atMs: performance.now(), host: status, count };
}

/** The share of the time between two looks in which the server was ready to run and had no core: 0 on a machine of its own. */
export function waitedShare(before: Sample, after: Sample): number {
  return (after.host.waitedMs - before.host.waitedMs) / (after.atMs - before.atMs);
}

/** Prints a line every `everyMs` while `work` runs: rate, CPU, memory and backlog since the line before. */
export async function whilePrinting<T>(load: NoticeLoad, work: Promise<T>, everyMs = 5_000): Promise<T> {
  let before = await sample(load);
  const timer = setInterval(async () => {
    const now = await sample(load);
    const seconds = (now.atMs - before.atMs) / 1000;
    const rate = (now.count.notices - before.count.notices) / seconds;
    const cores = (now.host.cpuMs - before.host.cpuMs) / seconds / 1000;
    console.log(
      `${rate.toFixed(0).padStart(7)} notices/s  ${cores.toFixed(2)} cores  ` +
        `${mebibytes(now.host.residentBytes)} MiB  ${Math.max(...now.host.backlogs)} behind`,
    );
    before = now;
  }, everyMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

export const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** Throws unless everything came that was to come, in order and rightly signed. */
export function checkReceived(count: ReceiverCount, expected: number): void {
  if (count.disordered > 0 || count.forged > 0 || count.notices - count.copies !== expected)
    throw new Error(`expected ${expected} notices in order, got ${JSON.stringify(count)}`);
}
