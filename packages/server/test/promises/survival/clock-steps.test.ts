import { afterEach, expect, test } from 'bun:test';
import { buildRtcToken } from '../../../src/token/build.ts';
import { Client } from '../../../testing/clients/client.ts';
import { type FakedTime, fakedTime, faketimeLibrary } from '../../../testing/processes/faked-time.ts';
import { type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';

const secret = 'a-secret-for-the-clock';
const channel = 'clocked';
const library = faketimeLibrary();
const isInCi = process.env.CI === 'true' || process.env.CI === '1';
if (!library && isInCi) throw new Error('libfaketime (Debian: faketime) is not installed.');
const timed = library ? test : test.skip;

let server: ServerProcess | undefined;
let receiver: Receiver | undefined;
let time: FakedTime | undefined;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
  await receiver?.close();
  await time?.close();
});

const hourSeconds = 3_600;
/** Lead of the server's wall clock over the real one, seconds. */
let aheadSeconds = 0;
const set = async (seconds: number) => {
  aheadSeconds = seconds;
  await time?.set(seconds);
};

/** Leases are longer than anything that the machine does to this process; a step is longer still. */
async function begin(seconds = 0) {
  aheadSeconds = seconds;
  time = await fakedTime(library ?? '', seconds);
  receiver = await startReceiver({ secret });
  server = await startServerProcess(
    {
      endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }],
      leases: { rtcMs: 30_000, signalingMs: 30_000, recoveryMs: 30_000 },
    },
    time.environment,
  );
  return { server, receiver };
}

/** Joins with a token of the server's present, whose privilege does not end: it is no token's end that is looked for here. */
async function join(uid: number, resume?: string): Promise<Client> {
  const token = buildRtcToken({
    appId: testApp.id,
    certificate: testApp.certificate,
    channel,
    identity: { uid },
    role: 'audience',
    expireSeconds: 600,
    privilegeSeconds: 0,
    issuedSeconds: Math.floor(Date.now() / 1000) + aheadSeconds,
    salt: 1 + Math.floor(Math.random() * 99_999_998),
  });
  const client = await Client.join({
    url: server?.url ?? '',
    channel,
    uid,
    hello: { token },
    ...(resume !== undefined && { resume }),
  });
  clients.push(client);
  return client;
}

/** A few looks of the server at its connections have passed: it pinged, and was answered. */
async function looked(client: Client, times = 5): Promise<void> {
  for (let at = 0; at < times; at += 1) {
    const before = client.all('pong').length;
    client.send({ type: 'ping' });
    await client.until('a pong', () => client.all('pong').length > before);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

timed(
  'TIME1: the clock of a real server is set on and back, by little and by much: everybody stays, and a token of now is good',
  async () => {
    await begin();
    for (const uid of [1, 2, 3]) await join(uid);
    let uid = 3;
    for (const seconds of [30, -30, 8 * hourSeconds, -8 * hourSeconds, 0]) {
      await set(seconds);
      uid += 1;
      const next = await join(uid);
      await looked(next, 3);
      expect(clients.filter(({ closed }) => closed)).toEqual([]);
    }
    expect(clients.flatMap((client) => client.all('closing'))).toEqual([]);
    await until('every join to be told', () => receiver?.audit().rosters.get(channel)?.size === uid);
    expect(receiver?.audit().violations).toEqual([]);
    expect(receiver?.notices.filter(({ notice }) => notice.eventType === 106)).toEqual([]);
  },
  120_000,
);

timed(
  'TIME2: a machine that boots in 1970 and then hears of the time: everybody stays, and what happens next has its time',
  async () => {
    const aheadAtBoot = -Math.floor(Date.now() / 1000) + 5 * hourSeconds;
    await begin(aheadAtBoot);
    const early = await join(1);
    await looked(early, 2);
    await set(0);
    const late = await join(2);
    await looked(early);
    expect([early.closed, late.closed]).toEqual([undefined, undefined]);
    const told = await until('both joins to be told', () => {
      const joins = receiver?.notices.filter(({ notice }) => notice.eventType === 105) ?? [];
      return joins.length === 2 && joins.map(({ notice }) => notice.payload.ts);
    });
    const [before = 0, after = 0] = told;
    expect(before).toBeLessThan(24 * hourSeconds);
    expect(Math.abs(after - Date.now() / 1000)).toBeLessThan(120);
  },
  120_000,
);

timed(
  'TIME2: a start after the clock was set back takes members up again, and tells nothing at a time before',
  async () => {
    const { server: running } = await begin(2 * hourSeconds);
    const members = [await join(1), await join(2)];
    await running.kill();
    await set(0);
    await running.restart();
    for (const member of members) {
      const { uid = 0, resume } = member.welcome ?? {};
      const back = await join(uid, resume);
      expect(back.welcome?.resumed).toBe(true);
    }
    await join(3);
    const { notices } = await until('the third to be told of', () =>
      receiver?.audit().rosters.get(channel)?.size === 3 ? receiver : undefined,
    );
    const inOrder = [...notices].sort((a, b) => a.notice.payload.seq - b.notice.payload.seq);
    const times = inOrder.map(({ notice }) => notice.payload.ts);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(notices.filter(({ notice }) => notice.eventType === 106)).toEqual([]);
  },
  120_000,
);
