import { afterEach, describe, expect, test } from 'bun:test';
import { Client } from './client.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from './server-process.ts';

const secret = 'a-secret-for-the-killer';
const members = 200;
const kills = 20;
const channel = 'killed';

let server: ServerProcess | undefined;
let receiver: Receiver | undefined;
const clients = new Map<number, Client>();

afterEach(async () => {
  for (const client of clients.values()) client.drop();
  clients.clear();
  await server?.close();
  await receiver?.close();
});

/** Members by the REST roster, all pages. */
async function roster(url: string): Promise<number[]> {
  const base = `${url}/v1/apps/${testApp.id}/channels/${channel}/roster`;
  const uids: number[] = [];
  let query = '?limit=1000';
  for (;;) {
    const response = await fetch(`${base}${query}`, { headers: { authorization: testAuthorization } });
    if (response.status === 404) return [];
    expect(response.status).toBe(200);
    const page = (await response.json()) as {
      members: { uid: number }[];
      next?: string | number;
      at?: string;
    };
    uids.push(...page.members.map(({ uid }) => uid));
    if (page.next === undefined || page.next === null) return uids.sort((a, b) => a - b);
    query = `?limit=1000&after=${page.next}${page.at ? `&at=${encodeURIComponent(page.at)}` : ''}`;
  }
}

describe('kill -9', () => {
  test(
    'OPS10: killed 20 times with 200 members, those who come back make no event, the others leave with reason 2, and no notice is lost or told twice',
    async () => {
      receiver = await startReceiver({ secret });
      server = await startServerProcess(
        {
          endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }],
          leases: { rtcMs: 10_000, signalingMs: 10_000, recoveryMs: 3_000 },
        },
        { HOUSECOUNT_LOG_LEVEL: 'warn' },
      );
      const { url } = server;
      const join = async (uid: number): Promise<void> => {
        clients.set(uid, await Client.join({ url, channel, uid }));
      };
      /** Whether the uid left, and why, by the notices. */
      const leaves = new Map<number, number[]>();
      for (let uid = 1; uid <= members; uid++) await join(uid);

      for (let round = 0; round < kills; round++) {
        // Something is always going on when the server dies: some leave, some join, some change role, unacknowledged.
        const busy = [...clients.keys()].sort(() => Math.random() - 0.5).slice(0, 10);
        const inFlight = busy.map(async (uid, index) => {
          const client = clients.get(uid);
          if (!client) return;
          if (index < 5)
            client.send({ type: 'set-role', id: 1, role: round % 2 === 0 ? 'broadcaster' : 'audience' });
        });
        await Promise.all(inFlight);
        // A random moment: between a turn of the event loop and some tens of milliseconds.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
        await server.kill();
        const before = receiver.notices.length;

        const stayAway = new Set([...clients.keys()].sort(() => Math.random() - 0.5).slice(0, 3));
        await server.restart();
        await Promise.all(
          [...clients].map(async ([uid, old]) => {
            if (stayAway.has(uid)) return;
            const resume = old.welcome?.resume;
            const back = await Client.join({ url, channel, uid, ...(resume !== undefined && { resume }) });
            expect(back.welcome?.resumed).toBe(true);
            clients.set(uid, back);
          }),
        );
        for (const uid of stayAway) clients.delete(uid);
        // Those who stayed away leave when the recovery lease ends; nobody else does.
        await receiver.until(
          (notices) =>
            [...stayAway].every((uid) =>
              notices
                .slice(before)
                .some(({ notice }) => notice.payload.uid === uid && isLeave(notice.eventType)),
            ),
          60_000,
        );
        for (const { notice } of receiver.notices.slice(before)) {
          const { uid = 0, reason } = notice.payload;
          if (!isLeave(notice.eventType)) continue;
          leaves.set(uid, [...(leaves.get(uid) ?? []), reason ?? -1]);
          expect(stayAway.has(uid)).toBe(true);
          expect(reason).toBe(2);
        }
        // Others take their places, so that every round kills a full house.
        for (const uid of stayAway) await join(uid);
      }

      const expected = [...clients.keys()].sort((a, b) => a - b);
      expect(expected).toHaveLength(members);
      expect(await roster(url)).toEqual(expected);
      await until('the receiver has heard of everybody', () => {
        const heard = receiver?.audit().rosters.get(channel);
        return heard?.size === members;
      });
      const audit = receiver.audit();
      expect(audit.violations).toEqual([]);
      expect([...(audit.rosters.get(channel)?.keys() ?? [])].sort((a, b) => a - b)).toEqual(expected);
      expect(receiver.notices.every(({ verified }) => verified)).toBe(true);
      // One life: the channel was never empty, so it was opened once and nobody joined twice without leaving.
      expect(audit.lives.size).toBe(1);
    },
    10 * 60_000,
  );
});

const isLeave = (type: number): boolean => type === 104 || type === 106;
