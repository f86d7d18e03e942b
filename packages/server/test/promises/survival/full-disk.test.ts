import { afterEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { Client } from '../../../testing/clients/client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { type ServerProcess, startServerProcess, until } from '../../../testing/processes/server-process.ts';

const channel = 'premiere';
/** The shortest lease that a server takes. */
const leaseMs = 5_000;

let server: ServerProcess | undefined;
const dropped: { drop(): void }[] = [];
afterEach(async () => {
  for (const client of dropped.splice(0)) client.drop();
  await server?.close();
  server = undefined;
});

const kept = <T extends { drop(): void }>(client: T): T => {
  dropped.push(client);
  return client;
};

/** No file of the process may grow, as on a full disk; or all may again. */
function setFull({ pid }: ServerProcess, isFull: boolean): void {
  const { status, stderr } = spawnSync('prlimit', [
    '--pid',
    String(pid),
    `--fsize=${isFull ? 0 : 'unlimited'}:unlimited`,
  ]);
  if (status !== 0) throw new Error(`the limit could not be set: ${stderr}`);
}

test('LOG103: a disk is full for longer than a lease: who tried to come back meanwhile has not left for anybody, who did not leaves with the time at which it was heard last', async () => {
  const running = await startServerProcess({
    leases: { rtcMs: leaseMs, signalingMs: leaseMs, recoveryMs: 15_000 },
  });
  server = running;
  const { url } = running;
  const join = (uid: number, resume?: string) =>
    Client.join({ url, channel, uid, ...(resume !== undefined && { resume }) });
  const watcher = kept(await join(100));
  watcher.send({ type: 'subscribe-roster', id: 1 });
  const [one, two] = [kept(await join(1)), kept(await join(2))];
  const login = async (userId: string) => {
    const client = kept(await SignalingClient.login(url, userId));
    await client.subscribes(channel);
    return client;
  };
  const ann = await login('ann');
  const [bob, cid] = [await login('bob'), await login('cid')];
  const isIn = (userId: string) =>
    ann.presence(channel).some((event) => 'userId' in event && event.userId === userId);
  await ann.until('both to be told of', () => isIn('bob') && isIn('cid'));

  setFull(running, true);
  const fullMs = Date.now();
  for (const client of [one, two, bob, cid]) client.drop();
  // It comes again and again, as SDKs do, and is refused, also when its lease has ended.
  const resumes = async () => {
    const client = kept(Client.open({ url, channel, uid: 1, resume: one.welcome.resume }));
    await client.until('a welcome or the end', () => client.welcome ?? client.closed);
    return client;
  };
  const refusedMs = await until('a refusal after the end of the lease', async () => {
    const client = await resumes();
    expect(client.closed).toMatchObject({ code: 4402 });
    return Date.now() > fullMs + leaseMs + 1_000 && Date.now();
  });

  setFull(running, false);
  const back = await until('the first is back', async () => {
    const client = await resumes();
    return client.welcome;
  });
  expect(back.resumed).toBe(true);
  const session = kept(await SignalingClient.login(url, 'bob', { session: bob.welcome.session }));
  expect(session.welcome).toMatchObject({ resumed: true, session: { id: bob.welcome.session.id } });

  const left = () =>
    watcher.all('roster-changes').flatMap(({ changes }) => changes.filter(({ type }) => type === 'left'));
  await watcher.until('the second leaves', () => left().length > 0);
  expect(left()).toMatchObject([{ uid: 2, reason: 'timeout' }]);
  const [gone] = left();
  if (gone?.type !== 'left') throw new Error('nobody left');
  expect(gone.lastHeardMs).toBeLessThan(fullMs + leaseMs);
  expect(gone.atMs).toBeGreaterThan(refusedMs);
  const ends = () => ann.presence(channel).filter(({ type }) => /LEAVE|TIMEOUT/.test(type));
  await ann.until('the second and the third leave', () => ends().length > 1);
  expect(
    ends()
      .map((event) => [event.type, 'userId' in event && event.userId])
      .sort(),
  ).toEqual([
    ['REMOTE_TIMEOUT', '2'],
    ['REMOTE_TIMEOUT', 'cid'],
  ]);
}, 120_000);
