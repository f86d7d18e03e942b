import { afterEach, describe, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import { joinPaceMs } from '../../../testing/clients/pace.ts';
import { type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

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

interface LoggedEvent {
  readonly seq: number;
  readonly type: string;
  readonly uid: number;
  readonly evidence: string;
  readonly lastHeardMs: number;
}

/** Every event of a life, by the REST API. */
async function events(url: string, sid: string): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for (;;) {
    const query = `sid=${sid}&after=${all.at(-1)?.seq ?? 0}&limit=1000`;
    const response = await fetch(`${url}/v1/apps/${testApp.id}/channels/${channel}/events?${query}`, {
      headers: { authorization: testAuthorization },
    });
    expect(response.status).toBe(200);
    const page = ((await response.json()) as { events: LoggedEvent[] }).events;
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** When the server died under somebody who then stayed away, epoch milliseconds. */
interface Absence {
  readonly uid: number;
  readonly atMs: number;
}

/** In these lives of the channel those who stayed away left, and nobody else, last heard when the server died under them. */
async function expectLeaves(
  url: string,
  sids: readonly string[],
  absences: readonly Absence[],
): Promise<void> {
  const told = await Promise.all(sids.map((sid) => events(url, sid)));
  const left = told.flat().filter((event) => event.type === 'member-left');
  expect(left.map(({ uid }) => uid).sort()).toEqual(absences.map(({ uid }) => uid).sort());
  for (const { uid, atMs } of absences) {
    const leaves = left.filter((event) => event.uid === uid && event.evidence === 'server-crash');
    // Last heard while the server was alive: the mark is a second old at most, and a busy machine may be late with it.
    expect(leaves.some(({ lastHeardMs }) => lastHeardMs <= atMs && lastHeardMs > atMs - 5_000)).toBe(true);
  }
}

describe('kill -9', () => {
  test(
    'OPS10: killed 20 times with 200 members, those who come back make no event, the others leave with reason 2, and no notice is lost or told twice',
    async () => {
      receiver = await startReceiver({ secret });
      // Long enough for everybody to be back on a machine as busy as this one, and no longer: each round waits for its end.
      const recoveryMs = Math.round(Math.min(30_000, Math.max(3_000, 8 * (await joinPaceMs(members)))));
      server = await startServerProcess(
        {
          endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }],
          leases: { rtcMs: 30_000, signalingMs: 30_000, recoveryMs },
        },
        { HOUSECOUNT_LOG_LEVEL: 'warn' },
      );
      const { url } = server;
      const join = async (uid: number): Promise<void> => {
        clients.set(uid, await Client.join({ url, channel, uid }));
      };
      const killedMs: Absence[] = [];
      /** Rounds in which the machine made everybody wait until they had left: the channel closed, and opened anew. */
      let emptied = 0;
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
        const atMs = Date.now();
        const before = receiver.notices.length;

        const stayAway = new Set([...clients.keys()].sort(() => Math.random() - 0.5).slice(0, 3));
        const restartedMs = performance.now();
        await server.restart();
        const away = new Set(stayAway);
        await Promise.all(
          [...clients].map(async ([uid, old]) => {
            if (away.has(uid)) return;
            const resume = old.welcome?.resume;
            try {
              const back = await Client.join({ url, channel, uid, ...(resume !== undefined && { resume }) });
              expect(back.welcome?.resumed).toBe(true);
              clients.set(uid, back);
            } catch (cause) {
              // A client that comes when the recovery lease may be over, because the machine made it wait, counts as one that stayed away.
              if (performance.now() - restartedMs <= recoveryMs) throw cause;
              stayAway.add(uid);
            }
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
          120_000,
        );
        for (const { notice, copy } of receiver.notices.slice(before)) {
          // Another copy of what an earlier round told is allowed, under the same noticeId.
          if (!isLeave(notice.eventType) || copy > 1) continue;
          expect([...stayAway]).toContain(notice.payload.uid ?? 0);
          expect(notice.payload.reason).toBe(2);
        }
        for (const uid of stayAway) killedMs.push({ uid, atMs });
        if (stayAway.size === members) emptied += 1;
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
      // One life, but where it was emptied: it was opened once, and nobody joined twice without leaving.
      expect(audit.lives.size).toBe(1 + emptied);
      expect(emptied).toBeLessThan(kills / 4);
      await expectLeaves(url, [...audit.lives.keys()], killedMs);
    },
    30 * 60_000,
  );
});

const isLeave = (type: number): boolean => type === 104 || type === 106;
