import { SignalingClient } from '../../packages/server/testing/clients/signaling-client.ts';
import { startServerProcess } from '../../packages/server/testing/processes/server-process.ts';
import { numbers } from '../arguments.ts';
import { type Bench, type Figure, figure, percentile } from '../figure.ts';
import { cpuMs } from '../server-load.ts';

/** The numbers of operations under way at a time. */
const togetherOf = [1, 16, 256] as const;
/** What is measured is what the server can do, not what one user may. */
const unlimited = { signalingRequestsPerSecondMax: 1_000_000 };

/** Changes of metadata, and locks acquired and released, each durable before it is answered. */
export const storageOps: Bench = {
  summary: 'durable operations on metadata and locks each second, 1, 16 and 256 at a time',
  async run(args) {
    // The operations are those of many users, as they are in an app.
    const { users, seconds } = numbers(args, { users: 800, seconds: 5 });
    const server = await startServerProcess({ limits: unlimited }, { HOUSECOUNT_LOG_LEVEL: 'error' });
    try {
      const clients: SignalingClient[] = [];
      for (let index = 0; index < users; index += 50)
        clients.push(
          ...(await Promise.all(
            Array.from({ length: Math.min(50, users - index) }, (_, each) =>
              SignalingClient.login(server.url, `user ${index + each}`),
            ),
          )),
        );
      const figures: Figure[] = [];
      for (const [what, operate] of [
        ['metadata', changeMetadata],
        ['lock', acquireAndRelease],
      ] as const)
        for (const together of togetherOf) {
          const { perSecond, perCpuSecond, tookMs } = await measure(server.pid, clients, {
            together,
            seconds,
            operate,
          });
          const params = { users, together, seconds };
          figures.push(
            figure(`${what}-operations-${together}-at-a-time`, perSecond, '1/s', params),
            figure(`${what}-operations-per-cpu-second-${together}`, perCpuSecond, '1/CPU s', params),
            figure(`${what}-p50-${together}-at-a-time`, percentile(tookMs, 0.5), 'ms', params),
            figure(`${what}-p99-${together}-at-a-time`, percentile(tookMs, 0.99), 'ms', params),
          );
          console.log(`${what}, ${together} at a time: ${perSecond.toFixed(0)} a second`);
        }
      for (const client of clients) client.drop();
      return figures;
    } finally {
      await server.close();
    }
  },
};

type Operate = (client: SignalingClient, index: number, took: (ms: number) => void) => Promise<void>;

async function measure(
  pid: number,
  clients: readonly SignalingClient[],
  { together, seconds, operate }: { together: number; seconds: number; operate: Operate },
): Promise<{ perSecond: number; perCpuSecond: number; tookMs: number[] }> {
  const tookMs: number[] = [];
  const cpuBefore = cpuMs(pid);
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  const free = clients.map((client, index) => ({ client, index }));
  const one = async () => {
    while (performance.now() < endMs) {
      // Clients take turns, so that no user exceeds the limit.
      const next = free.shift();
      if (!next) throw new Error('fewer users than operations at a time');
      await operate(next.client, next.index, (ms) => tookMs.push(ms));
      next.client.frames.length = 0;
      free.push(next);
    }
  };
  await Promise.all(Array.from({ length: together }, one));
  const took = (performance.now() - startedMs) / 1000;
  const cpuSeconds = (cpuMs(pid) - cpuBefore) / 1000;
  return { perSecond: tookMs.length / took, perCpuSecond: tookMs.length / cpuSeconds, tookMs };
}

async function ask(
  client: SignalingClient,
  request: Readonly<Record<string, unknown>>,
  took: (ms: number) => void = () => undefined,
): Promise<void> {
  const askedMs = performance.now();
  const answer = await client.asks(request);
  if (answer.type !== 'ok') throw new Error(`${request.type}: ${answer.reason}`);
  took(performance.now() - askedMs);
}

const changeMetadata: Operate = (client, index, took) =>
  ask(
    client,
    {
      type: 'change-metadata',
      target: { channelType: 'MESSAGE', channel: `room ${index}` },
      mode: 'set',
      items: [{ key: 'title', value: `what is on at ${Date.now()}`, revision: -1 }],
      majorRevision: -1,
      lockName: '',
      addTimeStamp: true,
      addUserId: true,
    },
    took,
  );

const locked = new Set<number>();
const acquireAndRelease: Operate = async (client, index, took) => {
  const lock = { channelType: 'MESSAGE', channel: `room ${index}`, lockName: 'stage' };
  if (!locked.has(index)) {
    locked.add(index);
    await ask(client, { type: 'set-lock', ...lock, ttl: 10 });
  }
  await ask(client, { type: 'acquire-lock', ...lock, retry: false }, took);
  await ask(client, { type: 'release-lock', ...lock }, took);
};
