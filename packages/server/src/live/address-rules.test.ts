import { afterEach, describe, expect, test } from 'bun:test';
import { helloFrame, type TestSocket, TestWorld, testApp } from '../../testing/worlds/live-world.ts';
import { fixed } from '../fixed-limits.ts';
import type { RuleDraft } from '../log/contract/rules.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const [here, there] = ['203.0.113.5', '198.51.100.7'];
const minute = 60_000;
const uids = () => Array.from(world.lobby()?.roster ?? [], ({ uid }) => uid);
const rule = (over: Partial<RuleDraft>, durationMs = minute) =>
  world.rules.createRule({ app: testApp.id, ip: here, privileges: ['join_channel'], ...over }, durationMs);
/** The rule, once it is answered. */
async function made(over: Partial<RuleDraft> = {}, durationMs = minute) {
  const asked = rule(over, durationMs);
  await world.settled();
  const outcome = await asked;
  if (!outcome.ok) throw new Error(outcome.code);
  return outcome;
}
const endOf = (socket: TestSocket) => socket.all('closing').map(({ code, scope }) => [code, scope]);

describe('who is put out', () => {
  test('LOG90: by a rule about an address those who came from there; its answer says out of how many channels', async () => {
    await begin();
    const [one, other] = [await world.hello({ uid: 1 }, here), await world.hello({ uid: 2 }, there)];
    const hall = await world.hello({ uid: 1, channel: 'hall' }, here);
    expect((await made()).putOutOf).toBe(2);
    expect([endOf(one), endOf(hall)]).toEqual([[['kicked', 'ip']], [['kicked', 'ip']]]);
    expect([other.closed, uids()]).toEqual([undefined, [2]]);
    expect((await world.hello({ uid: 1 }, here)).one('closing').code).toBe('banned');
    const left = (await world.records()).filter(({ type }) => type === 'member-left');
    expect(left).toMatchObject([
      { uid: 1, channel: 'lobby', reason: 'kicked', evidence: 'kick', ruleScope: 'ip' },
      { uid: 1, channel: 'hall', reason: 'kicked', evidence: 'kick', ruleScope: 'ip' },
    ]);
  });

  test('LOG90: those alone whom all its fields mean', async () => {
    await begin();
    const sockets = new Map<string, TestSocket>();
    for (const [channel, uid, address] of [
      ['lobby', 1, here],
      ['lobby', 2, here],
      ['lobby', 3, there],
      ['hall', 1, here],
      ['hall', 2, here],
    ] as const)
      sockets.set(`${channel} ${uid}`, await world.hello({ channel, uid }, address));
    const open = () => [...sockets].flatMap(([name, socket]) => (socket.closed ? [] : name));
    expect((await made({ channel: 'lobby', uid: 3 })).putOutOf).toBe(0);
    expect(open()).toHaveLength(5);
    expect((await made({ channel: 'lobby', uid: 1 })).putOutOf).toBe(1);
    expect(open()).toEqual(['lobby 2', 'lobby 3', 'hall 1', 'hall 2']);
    expect(sockets.get('lobby 1')?.one('closing')).toMatchObject({ code: 'kicked', scope: 'uid' });
    expect((await made({ uid: 2 })).putOutOf).toBe(2);
    expect(open()).toEqual(['lobby 3', 'hall 1']);
    expect((await made({ channel: 'lobby', ip: there })).putOutOf).toBe(1);
    expect(open()).toEqual(['hall 1']);
  });

  test('LOG90: nobody by one that keeps from publishing, that is changed, or of another app', async () => {
    await begin();
    const { rule: early } = await made({ uid: 99 });
    const socket = await world.hello({ uid: 1 }, here);
    await made({ privileges: ['publish_audio', 'publish_video'] });
    await made({ app: 'f'.repeat(32) });
    const changed = world.log.changeRule(testApp.id, early.id, 2 * minute);
    await world.settled();
    await changed;
    expect(socket.closed).toBeUndefined();
  });

  test('LOG90: the other halves of whom it names, if they come from there too, whose uid may be anybody’s among them', async () => {
    await begin();
    const from = async (uid: number, address: string, over: object = {}) => {
      const socket = await world.hello({ uid, ...over }, address);
      const { nonce } = socket.welcome.link ?? {};
      await socket.says({ type: 'link', id: 1, proof: world.proof('ann', nonce) });
      return socket;
    };
    const [first, second, away] = [await from(1, here), await from(2, here), await from(3, there)];
    const elsewhere = await from(4, here, { channel: 'hall' });
    const stranger = await world.hello({ uid: 5 }, here);
    const outcome = await made({ channel: 'lobby', uid: 1 });
    expect(outcome.rule.users).toEqual(['ann']);
    expect([first, second, away, elsewhere, stranger].map(({ closed }) => closed?.reason)).toEqual([
      ...['kicked', 'kicked'],
      ...[undefined, undefined, undefined],
    ]);
    expect((await made({ uid: 5 })).putOutOf).toBe(1);
    expect((await made({ uid: 4 })).putOutOf).toBe(1);
    expect([elsewhere.closed?.reason, stranger.closed?.reason]).toEqual(['kicked', 'kicked']);
  });

  test('LOG91: who has no socket for a moment, by the address that it last had; not who is back from another', async () => {
    await begin();
    const [lost, parted, moved] = [
      await world.hello({ uid: 1 }, here),
      await world.hello({ uid: 2 }, here),
      await world.hello({ uid: 3 }, here),
    ];
    await lost.drops();
    await parted.says({ type: 'bye', graceMs: 2_000 });
    await moved.drops();
    const back = await world.hello({ uid: 3, resume: moved.welcome.resume }, there);
    expect(uids()).toEqual([1, 2, 3]);
    await made({}, 0);
    expect([uids(), back.closed]).toEqual([[3], undefined]);
    const again = await world.hello({ uid: 1, resume: lost.welcome.resume }, there);
    expect(again.one('closing')).toMatchObject({ code: 'kicked', scope: 'ip' });
    // From now on that is its address.
    await made({ ip: there }, 0);
    expect([uids(), back.closed?.reason]).toEqual([[], 'kicked']);
  });

  test('LOG90: after a crash nobody’s address is known, until they are back', async () => {
    await begin();
    const [one, other] = [await world.hello({ uid: 1 }, here), await world.hello({ uid: 2 }, here)];
    await world.crash();
    await world.start();
    await world.hello({ uid: 1, resume: one.welcome.resume }, here);
    expect((await made({ channel: 'lobby' })).putOutOf).toBe(1);
    expect(uids()).toEqual([2]);
    // Who comes back from there is kept out then.
    const back = await world.hello({ uid: 2, resume: other.welcome.resume }, here);
    expect(back.one('closing')).toMatchObject({ code: 'banned', scope: 'ip' });
  });
});

describe('while a rule is made', () => {
  /** Lets as many microtasks run. */
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
  };
  /** Does both, one some microtasks after the other, in every distance that matters: within the same append, and in others. */
  const crossings = Array.from({ length: 60 }, (_, index) => index - 30);
  async function cross(distance: number, hello: () => void, makes: () => void): Promise<void> {
    const [first, second] = distance < 0 ? [hello, makes] : [makes, hello];
    first();
    await turns(Math.abs(distance));
    // From the middle on an append is between them.
    if (Math.abs(distance) > 20) await world.clock.advance(Math.abs(distance) % 3);
    second();
    await world.advance(20);
  }

  /** The log's answers reach the edge some time after what it has recorded does. */
  function answersLate(): void {
    const { log } = world;
    const [join, submit] = [log.join.bind(log), log.submit.bind(log)];
    const late = async <T>(outcome: Promise<T>): Promise<T> => {
      await outcome;
      await new Promise<void>((resolve) => world.process.after(4, resolve));
      return outcome;
    };
    log.join = (request) => late(join(request));
    log.submit = (key, command) =>
      command.type === 'resume' ? late(submit(key, command)) : submit(key, command);
  }
  const lifts = async (made: { readonly rule: { readonly id: number } }) => {
    const lifted = world.log.deleteRule(testApp.id, made.rule.id);
    await world.settled();
    await lifted;
  };
  /** Somebody from the address says hello, and a rule is made, in that distance; how the hello ended, and the rule. */
  async function crossed(distance: number, hello: Parameters<typeof helloFrame>[0], durationMs: number) {
    const socket = world.connect(here);
    const made: ReturnType<typeof rule>[] = [];
    await cross(
      distance,
      () => socket.handler?.onText(JSON.stringify(helloFrame(hello))),
      () => made.push(rule({ channel: 'lobby' }, durationMs)),
    );
    const outcome = await made[0];
    if (!outcome?.ok) throw new Error('refused');
    return { socket, end: socket.all('closing')[0]?.code, outcome };
  }

  for (const isLate of [false, true]) {
    const how = isLate ? ', where the log’s answers are late' : '';

    test(`LOG91: nobody who joins from the address slips in, whichever is first${how}`, async () => {
      await begin();
      if (isLate) answersLate();
      const seen = new Set<string | undefined>();
      let uid = 0;
      for (const distance of crossings) {
        uid += 1;
        const { end, outcome } = await crossed(distance, { uid }, minute);
        seen.add(end);
        expect([distance, uids()]).toEqual([distance, []]);
        await lifts(outcome);
      }
      // Who is put out before it heard that it is in has never been told that it was.
      expect([...seen].sort()).toEqual(['banned', isLate ? 'replaced' : 'kicked']);
    });

    test(`LOG91: nor by a rule of no duration, if they were in before it${how}`, async () => {
      await begin();
      if (isLate) answersLate();
      let uid = 0;
      let putOut = 0;
      for (const distance of crossings) {
        uid += 1;
        const { socket } = await crossed(distance, { uid }, 0);
        const records = await world.records();
        const joined = records.findIndex((record) => record.type === 'member-joined' && record.uid === uid);
        const isBefore = joined < records.findLastIndex(({ type }) => type === 'rule-set');
        if (isBefore) putOut += 1;
        expect([distance, isBefore && uids().length > 0]).toEqual([distance, false]);
        await socket.says({ type: 'bye' });
      }
      expect(putOut).toBeGreaterThan(10);
    });

    test(`LOG91: nor does anybody who comes back from there${how}`, async () => {
      await begin();
      if (isLate) answersLate();
      const seen = new Set<string | undefined>();
      let uid = 0;
      for (const distance of crossings) {
        uid += 1;
        const old = await comes({ uid }, there);
        await old.drops();
        const { end, outcome } = await crossed(distance, { uid, resume: old.welcome.resume }, minute);
        seen.add(end);
        // Who was refused is still the member that it was, and has its lease.
        expect([distance, uids()]).toEqual([distance, end === 'banned' ? [uid] : []]);
        await made({ channel: 'lobby', ip: there }, 0);
        await lifts(outcome);
      }
      expect([...seen].sort()).toEqual(['banned', 'kicked']);
    });
  }

  /** Says hello, and has heard what came of it, however late that is. */
  async function comes(...hello: Parameters<typeof world.hello>): Promise<TestSocket> {
    const socket = await world.hello(...hello);
    await world.advance(10);
    return socket;
  }
});

test('LOG92: everybody behind one address is out when the rule is answered, however many they are', async () => {
  await begin();
  const count = fixed.transactionMembersMax + 200;
  const sockets = Array.from({ length: count }, (_, index) => {
    const socket = world.connect(here);
    socket.handler?.onText(
      JSON.stringify(helloFrame({ uid: index + 1, channel: index % 2 ? 'hall' : 'lobby' })),
    );
    return socket;
  });
  await world.hello({ uid: count + 1 }, there);
  await world.advance(50);
  expect(sockets.every((socket) => socket.all('welcome').length === 1)).toBeTrue();
  const asked = rule({});
  await world.advance(50);
  expect(await asked).toMatchObject({ ok: true, putOutOf: 2 });
  expect(sockets.filter(({ closed }) => closed?.reason !== 'kicked')).toEqual([]);
  expect(uids()).toEqual([count + 1]);
});

test('REST166: an edge that cannot follow the log keeps nobody waiting for longer than edgeWordMs', async () => {
  await begin();
  const socket = await world.hello({ uid: 1 }, here);
  // Another edge, which says nothing.
  world.words.join();
  const asked = rule({});
  let isAnswered = false;
  void asked.then(() => {
    isAnswered = true;
  });
  await world.advance(fixed.edgeWordMs - 50);
  expect([isAnswered, socket.closed?.reason]).toEqual([false, 'kicked']);
  await world.advance(60);
  expect(await asked).toMatchObject({ ok: true, putOutOf: 1 });
});

test('LOG93: a rule that a stop of the edge comes into is done whole there, or not at all', async () => {
  const seen = new Set<number>();
  for (const waitMs of [undefined, 0, 1, 2, 3]) {
    await begin();
    for (let uid = 1; uid <= 20; uid += 1) await world.hello({ uid }, here);
    const asked = rule({}, 0);
    if (waitMs !== undefined) await world.clock.advance(waitMs);
    const stopped = world.connections.stop(0);
    await world.advance(20);
    await stopped;
    const left = uids().length;
    seen.add(left);
    expect(await asked).toMatchObject({ ok: true, putOutOf: left === 0 ? 1 : 0 });
    if (waitMs !== 3) await world.stop();
  }
  expect([...seen].sort()).toEqual([0, 20]);
});

test('LOG90, LOG91: each edge puts out its own, and knows no address of who is back at another', async () => {
  await begin();
  const other = world.anotherEdge();
  const comes = (connections: typeof other, address: string, over: Parameters<typeof helloFrame>[0]) =>
    world.connect(address, connections).says(helloFrame(over));
  const [first, second] = [
    await comes(world.connections, here, { uid: 1 }),
    await comes(other, here, { uid: 2 }),
  ];
  const third = await comes(other, here, { uid: 3, channel: 'hall' });
  const moving = await comes(world.connections, here, { uid: 4 });
  await moving.drops();
  const moved = await comes(other, there, { uid: 4, resume: moving.welcome.resume });
  expect((await made({}, 0)).putOutOf).toBe(2);
  expect([first, second, third].map(({ closed }) => closed?.reason)).toEqual(['kicked', 'kicked', 'kicked']);
  expect([moved.closed, uids()]).toEqual([undefined, [4]]);
  // One that came back here is not known there any more.
  await moved.drops();
  await comes(world.connections, here, { uid: 4, resume: moved.welcome.resume });
  expect((await made({ ip: there }, 0)).putOutOf).toBe(0);
  expect((await made({}, 0)).putOutOf).toBe(1);
  expect(uids()).toEqual([]);
  // The other one goes on alone.
  await other.stop(0);
  await comes(world.connections, here, { uid: 5 });
  expect((await made({}, 0)).putOutOf).toBe(1);
});
