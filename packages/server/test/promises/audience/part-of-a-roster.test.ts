import { afterEach, expect, test } from 'bun:test';
import AgoraRTC, { type IAgoraRTCClient } from '../../../../rtc/src/index.ts';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

/** More than where frames begin to be merged. */
const viewers = 1_100;
const channel = 'premiere';

let server: ServerProcess | undefined;
let page: IAgoraRTCClient | undefined;
let clients: Client[] = [];

afterEach(async () => {
  await page?.leave();
  for (const client of clients) client.drop();
  clients = [];
  await server?.close();
});

interface RestRoster {
  readonly count: number;
  readonly seq: number;
  readonly members: readonly { readonly uid: number; readonly interruptedSinceMs?: number }[];
}

const restRoster = async (url: string, limit: number): Promise<RestRoster> => {
  const answer = await fetch(`${url}/v1/apps/${testApp.id}/channels/${channel}/roster?limit=${limit}`, {
    headers: { authorization: testAuthorization },
  });
  return (await answer.json()) as RestRoster;
};

test(
  'SDK27: in a large channel a page sees the first ten and the counts as REST does, while people come and go, and after kill -9',
  async () => {
    server = await startServerProcess({ leases: { recoveryMs: 120_000 } });
    const { url } = server;
    const all = Array.from({ length: viewers }, (_, index) => Client.join({ url, channel, uid: index + 1 }));
    clients = await Promise.all(all);
    AgoraRTC.setParameter('HOUSECOUNT_URL', url);
    const sdk = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    page = sdk;
    await sdk.join(testApp.id, channel, tokenFor(channel, { account: 'ann' }), 'ann');
    const told: number[] = [];
    sdk.on('channel-count', ({ count }) => told.push(count));
    const window = await sdk.roster({ first: 10 });
    const agrees = (what: string) =>
      until(what, async () => {
        const { count, seq, members } = await restRoster(url, 10);
        // Links have no seq, so the two may differ for a moment.
        const shown = window.members.map((member) => [member.numericUid, member.interruptedSinceMs]);
        const real = members.map((member) => [member.uid, member.interruptedSinceMs]);
        return window.seq === seq && window.count === count && Bun.deepEquals(shown, real);
      });
    await agrees('the first ten');
    expect(await sdk.audienceCount()).toBe(viewers + 1);

    const first = await restRoster(url, 100);
    const inside = new Set(first.members.slice(0, 5).map(({ uid }) => uid));
    const outside = new Set(first.members.slice(50, 60).map(({ uid }) => uid));
    const leaving = clients.filter(({ welcome }) => {
      const uid = welcome?.uid ?? 0;
      return inside.has(uid) || outside.has(uid);
    });
    expect(leaving).toHaveLength(15);
    for (const client of leaving) client.send({ type: 'bye' });
    await until('the count', () => window.count === viewers + 1 - leaving.length);
    await agrees('the ten after some have left');
    expect(window.members.some(({ numericUid }) => inside.has(numericUid))).toBe(false);
    expect(told.at(-1)).toBe(window.count);
    expect(await sdk.roster({ from: 40, count: 10 })).toBe(window);
    const { members } = await restRoster(url, 50);
    expect(window.members.map(({ numericUid }) => numericUid)).toEqual(
      members.slice(40).map(({ uid }) => uid),
    );
    await sdk.roster({ first: 10 });

    await server.kill();
    await server.restart();
    await until('everybody else interrupted', () => window.interruptedCount === window.count - 1);
    await agrees('the ten after a crash');
    expect(window.count).toBe(viewers + 1 - leaving.length);
  },
  3 * 60_000,
);
