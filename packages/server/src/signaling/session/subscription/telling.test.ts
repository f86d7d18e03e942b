import { afterEach, expect, test } from 'bun:test';
import {
  app,
  leaseMs,
  loginFrame,
  SignalingWorld,
  subscription,
  type TestClient,
} from '../../../../testing/worlds/signaling-world.ts';
import { fixed } from '../../../fixed-limits.ts';
import { limits } from '../../../limits.ts';

let world: SignalingWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const channels = Array.from({ length: 100 }, (_, at) => `hall ${at}`);
const setBytes = 15 * 1024;
const all = { withMetadata: true, withLock: true };

/** A hundred channels, each with metadata, and a client that has yet to subscribe. */
async function begin(): Promise<{ w: SignalingWorld; ann: TestClient }> {
  world = await SignalingWorld.start();
  const bob = await world.login('bob');
  for (const channel of channels) {
    const answer = await bob.asks({
      type: 'change-metadata',
      target: { channelType: 'MESSAGE', channel },
      mode: 'set',
      items: [{ key: 'plan', value: 'v'.repeat(setBytes), revision: -1 }],
      majorRevision: -1,
      lockName: '',
      addTimeStamp: false,
      addUserId: false,
    });
    expect(answer.type).toBe('ok');
    await world.advance(60);
  }
  return { w: world, ann: await world.login('ann') };
}

/** From now on what it is sent waits until it is read. */
function reads(client: TestClient): { some: (bytes: number) => Promise<void>; most: () => number } {
  let most = 0;
  const { send } = client;
  client.send = (text) => {
    client.backlog += text.length;
    most = Math.max(most, client.backlog);
    send.call(client, text);
  };
  return {
    most: () => most,
    async some(bytes) {
      client.backlog = Math.max(0, client.backlog - bytes);
      client.handler?.onDrain();
      await world?.settled();
    },
  };
}

/** Reads slowly until everything is told. */
async function readsAll(client: TestClient, reader: ReturnType<typeof reads>): Promise<void> {
  for (let turn = 0; turn < 1_000 && client.all('lock').length < channels.length; turn += 1)
    await reader.some(64 * 1024);
  expect(client.presence('hall 99')).toMatchObject([{ type: 'SNAPSHOT', occupants: [{ userId: 'ann' }] }]);
  expect(new Set(client.all('storage').map(({ target }) => JSON.stringify(target))).size).toBe(100);
  expect(client.all('lock')).toHaveLength(100);
  expect(client.closed).toBeUndefined();
}

test('SIG162: who comes back to many channels is told how things are there as it reads, and of messages at once', async () => {
  const { w, ann } = await begin();
  for (const channel of channels) {
    await ann.subscribes(channel, all);
    await w.advance(60);
  }
  const { session } = ann.welcome;
  await ann.drops();
  const back = w.connect();
  const reader = reads(back);
  await back.says(loginFrame('ann', w.clock.nowMs(), { session }));
  expect(back.welcome.resumed).toBe(true);
  const first = back.all('storage').length;
  expect(first).toBeGreaterThan(10);
  expect(first).toBeLessThan(90);
  const cat = await w.login('cat');
  await cat.asks({ type: 'publish', channelType: 'MESSAGE', channel: 'hall 99', content: { text: 'hello' } });
  expect(back.all('message')).toMatchObject([{ channel: 'hall 99', content: { text: 'hello' } }]);
  await readsAll(back, reader);
  expect(reader.most()).toBeLessThan(limits.signalingStartBytes + 2 * setBytes);
});

test('SIG162: who subscribes while it is behind is told later; who unsubscribes meanwhile is told nothing', async () => {
  const { ann, w } = await begin();
  ann.backlog = limits.signalingStartBytes + 1;
  await ann.subscribes('hall 1', all);
  await ann.subscribes('hall 2', all);
  await ann.subscribes('hall 2', { ...all, withLock: false });
  await ann.asks({ type: 'subscribe-user-metadata', userId: 'bob' });
  await ann.asks({ type: 'unsubscribe', channelType: 'MESSAGE', channel: 'hall 1' });
  expect([ann.presence('hall 2'), ann.all('storage'), ann.all('lock')]).toEqual([[], [], []]);
  ann.backlog = 0;
  // No word of the socket: it is looked at now and then.
  await w.advance(fixed.sweepMs);
  expect([ann.presence('hall 1'), ann.all('lock')]).toEqual([[], []]);
  expect(ann.presence('hall 2')).toHaveLength(1);
  expect(ann.all('storage').map(({ target }) => target)).toEqual([
    { channelType: 'MESSAGE', channel: 'hall 2' },
    { userId: 'bob' },
  ]);
});

test('SIG162: of large channels, whose snapshots are made later, two are asked for at a time', async () => {
  world = await SignalingWorld.start();
  const w = world;
  const [ann, ...large] = [await w.login('ann'), ...channels.slice(0, 6)];
  const members = Array.from(
    { length: limits.signalingSnapshotMergeUsersMin + 1 },
    (_, at) => `member ${at}`,
  );
  for (const channel of large) {
    const joins = members.map((account) =>
      w.log.join({
        key: { app: app.id, kind: 'message', name: channel },
        identity: { account },
        connectionId: account,
        connectionKind: 'signaling',
        role: 'audience',
        platform: 0,
        quiet: false,
        leaseMs,
        ip: '',
      }),
    );
    await w.settled();
    await Promise.all(joins);
  }
  const snapshots = () => large.filter((channel) => ann.presence(channel).length > 0).length;
  for (const [at, channel] of large.entries())
    ann.handler?.onText(JSON.stringify({ id: at + 1, ...subscription(channel) }));
  await w.settled();
  expect(ann.all('ok')).toHaveLength(6);
  const seen = new Set([snapshots()]);
  for (let ms = 0; ms < 4 * limits.signalingSnapshotMergeMs; ms += 5) {
    await w.advance(1);
    seen.add(snapshots());
  }
  expect([...seen]).toEqual([0, 2, 4, 6]);
});
