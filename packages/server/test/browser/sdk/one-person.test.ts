import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { logoutAll, rtmToken } from '../../../testing/clients/rtm-client.ts';
import { type CuttableProxy, startCuttableProxy } from '../../../testing/processes/cuttable-proxy.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { PeopleWatched } from '../people-watched.ts';
import { inRecipe, type Loading, type RecipePages, serveRecipePages } from '../recipe-page.ts';
import { joined } from '../room-page.ts';

/**
 * An app that follows the published recipe, with a number for the live channel and a name for signaling, and that nobody has changed: a host and
 * two viewers, who are three people for everybody who can look, at every moment.
 */

/** Milliseconds. Longer than a page that stays can be starved on a busy machine, and shorter than the long cut. */
const leaseMs = 15_000;
const longCutMs = 20_000;
const shortCutMs = 3_000;

let browser: Chromium;
let server: TestServer;
let pages: RecipePages;
beforeAll(async () => {
  [browser, server, pages] = await Promise.all([
    launchChromium(),
    startTestServer({ leases: { rtcMs: leaseMs, signalingMs: leaseMs, recoveryMs: leaseMs } }),
    serveRecipePages(),
  ]);
}, 180_000);
afterAll(async () => {
  await logoutAll();
  await Promise.all([browser?.close(), server?.close(), pages?.close()]);
}, 180_000);

/** The window of a page that is reloaded, which has the mark until then. */
type MarkedWindow = Window & { isOld?: true };

const uids = { host: 4711, ann: 4712, bob: 4713, cat: 4714 } as const;
type Name = keyof typeof uids;
/** The number of the host's shared screen. */
const screenUid = 9001;

interface Visitor {
  readonly name: Name;
  readonly page: Page;
  readonly network: CuttableProxy;
}

const orders = { modules: 'signs in first', scripts: 'both at once' } as const;
/** Where both are begun at once on a busy machine, the number may be told before the login is done. */
const asShown: Record<Loading, 'names' | 'also numbers'> = { modules: 'names', scripts: 'also numbers' };
let channels = 0;
let channel = '';
let loading: Loading = 'modules';
let watched: PeopleWatched;
let visitors: Visitor[] = [];

async function visit(name: Name, isLate = false): Promise<Visitor> {
  const uid = uids[name];
  const network = await startCuttableProxy(server.url);
  const entry = {
    server: network.url,
    appId: testApp.id,
    channel,
    user: name,
    uid,
    role: name === 'host' ? ('host' as const) : ('audience' as const),
    rtmToken: rtmToken(name),
    rtcToken: tokenFor(channel, { uid }),
    screen: { uid: screenUid, rtcToken: tokenFor(channel, { uid: screenUid }) },
    order: isLate ? ('late' as const) : orders[loading],
  };
  const page = await browser.newPage(pages.urlFor(entry, loading));
  const visitor = { name, page, network };
  visitors.push(visitor);
  await joined(page);
  return visitor;
}

/** Waits until every way of looking shows these people, and every page's own list does. */
async function areThere(...names: string[]): Promise<void> {
  const wanted = String([...names].sort());
  const { now } = await until(
    `${wanted} for everybody`,
    () => {
      const { counts, ...lists } = watched.now();
      const all = Object.values(lists).map(String);
      return all.every((each) => each === wanted) && String(counts) === String(names.length)
        ? { now: lists }
        : false;
    },
    60_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(watched.seen)}`);
  });
  expect(Object.keys(now)).toHaveLength(5);
}

/** The person of a user id or number that was shown. */
const personOf = (id: string): string =>
  Object.entries(uids).find(([name, uid]) => id === name || id === String(uid))?.[0] ??
  (id === String(screenUid) ? 'host' : `nobody knows ${id}`);

/** No list that anybody saw had a person twice, nor a stranger; `names`: nor a number. */
async function eachOnce(of: readonly Name[], only = asShown[loading]): Promise<void> {
  const told = await Promise.all(
    visitors.map(async ({ page, name }) => [`page of ${name}`, await shownOn(page)] as const),
  );
  const { counts, ...lists } = watched.seen;
  for (const [way, seen] of [...Object.entries(lists), ...told])
    for (const list of seen) {
      const people = list.map(personOf);
      expect([way, list, [...new Set(people)].sort()]).toEqual([way, list, people.sort()]);
      for (const person of people) expect([way, of]).toEqual([way, expect.arrayContaining([person])]);
      if (only === 'names') expect([way, list.filter((id) => /^\d+$/.test(id))]).toEqual([way, []]);
    }
  for (const [count] of counts) expect(Number(count)).toBeLessThanOrEqual(of.length);
}

/** What a page's own events showed; nothing of one that is no more. */
const shownOn = (page: Page): Promise<readonly (readonly string[])[]> =>
  inRecipe(page, (room) => room.shown).catch(() => []);

const crash = async ({ page }: Visitor): Promise<void> => {
  const devtools = await browser.context.newCDPSession(page);
  // The answer never comes: the page is no more.
  devtools.send('Page.crash').catch(() => undefined);
};

describe.each(['modules', 'scripts'] as const)('SDK114, RTM172: with the two SDKs as %s', (way) => {
  let host: Visitor;
  let ann: Visitor;
  let bob: Visitor;
  beforeEach(async () => {
    loading = way;
    channels += 1;
    channel = `recipe ${channels}`;
    watched = await PeopleWatched.of(server.url, channel);
    host = await visit('host');
    [ann, bob] = await Promise.all([visit('ann'), visit('bob')]);
    await areThere('host', 'ann', 'bob');
    // And it is known whose numbers they are.
    for (const name of ['host', 'ann', 'bob'] as const)
      await watched.shows(name, { uid: String(uids[name]) });
  }, 180_000);
  afterEach(async () => {
    await watched.close();
    const left = visitors;
    visitors = [];
    for (const { page, network } of left) {
      network.heal();
      await page.close();
      await network.close();
    }
  }, 180_000);

  test('they come, change roles, share a screen, and log out of either half', async () => {
    expect(await watched.liveMembers()).toEqual(['4711 host', '4712 ann', '4713 bob']);
    await watched.shows('host', { role: 'broadcaster', uid: '4711' });
    await watched.shows('ann', { role: 'audience', uid: '4712' });
    expect(await inRecipe(ann.page, (room) => room.online())).toEqual(['ann', 'bob', 'host']);
    // The live channel itself goes by numbers, as ever.
    expect(await inRecipe(bob.page, (room) => room.roster())).toEqual([4711, 4712, 4713]);
    await eachOnce(['host', 'ann', 'bob']);

    await inRecipe(ann.page, (room) => room.setRole('host'));
    await watched.shows('ann', { role: 'broadcaster' });
    await inRecipe(ann.page, (room) => room.setRole('audience'));
    await watched.shows('ann', { role: 'audience' });

    await inRecipe(host.page, (room) => room.share());
    await watched.shows('host', { uids: '4711,9001' });
    expect(await watched.liveMembers()).toEqual(['4711 host', '4712 ann', '4713 bob', '9001 host']);
    await areThere('host', 'ann', 'bob');
    await inRecipe(host.page, (room) => room.endShare());
    await watched.shows('host', { uids: undefined });

    // Signaling alone is left, and the live channel alone.
    await inRecipe(ann.page, (room) => room.leave());
    await watched.shows('ann', { uid: undefined });
    await inRecipe(bob.page, (room) => room.signOut());
    await areThere('host', 'ann', 'bob');
    await watched.shows('bob', { role: 'audience', uid: '4713' });
    // And back.
    await inRecipe(bob.page, (room) => room.signIn());
    await inRecipe(ann.page, (room) => room.enter());
    await watched.shows('ann', { uid: '4712' });
    await areThere('host', 'ann', 'bob');
    await eachOnce(['host', 'ann', 'bob']);
    expect(watched.user.told().filter((each) => /(LEAVE|TIMEOUT) \D/.test(each))).toEqual([]);
    // Then both halves, in either order.
    await inRecipe(bob.page, (room) => room.signOut());
    await inRecipe(bob.page, (room) => room.leave());
    await areThere('host', 'ann');
    await inRecipe(ann.page, (room) => room.leave());
    await inRecipe(ann.page, (room) => room.signOut());
    await areThere('host');
    await eachOnce(['host', 'ann', 'bob']);
    expect(
      watched.user
        .told()
        .filter((each) => /(LEAVE|TIMEOUT) \D/.test(each))
        .sort(),
    ).toEqual(['REMOTE_LEAVE ann', 'REMOTE_LEAVE bob']);
  }, 180_000);

  test('a page is reloaded, another one dies', async () => {
    watched.forget();
    for (const { page } of [ann, host]) {
      // The page that goes is there for a while.
      await page.evaluate(() => {
        (window as MarkedWindow).isOld = true;
        location.reload();
      });
      const isNew = () =>
        page.evaluate(() => (window as MarkedWindow).isOld === undefined).catch(() => false);
      await until('the new page', isNew);
      await page.waitForLoadState();
      await joined(page);
    }
    await areThere('host', 'ann', 'bob');
    expect(await watched.liveMembers()).toEqual(['4711 host', '4712 ann', '4713 bob']);
    for (const way of ['events', 'roster', 'windows', 'online', 'whoNow'] as const)
      expect({ [way]: watched.seen[way] }).toEqual({ [way]: [['ann', 'bob', 'host']] });
    await crash(bob);
    await areThere('host', 'ann');
    await eachOnce(['host', 'ann', 'bob']);
    expect(watched.user.told().filter((each) => /(LEAVE|TIMEOUT) \D/.test(each))).toEqual([
      'REMOTE_TIMEOUT bob',
    ]);
  }, 180_000);

  test('the network is away for 3 s, which is nothing, and for 20 s, which is more than the lease', async () => {
    watched.forget();
    ann.network.cut();
    await Bun.sleep(shortCutMs);
    ann.network.heal();
    const isBack = () =>
      until('ann is back', async () => {
        const { rtc, rtm } = await inRecipe(ann.page, (room) => room.connections());
        return rtc === 'CONNECTED' && rtm === 'CONNECTED';
      });
    await isBack();
    await areThere('host', 'ann', 'bob');
    for (const way of ['events', 'roster', 'windows', 'online', 'whoNow'] as const)
      expect({ [way]: watched.seen[way] }).toEqual({ [way]: [['ann', 'bob', 'host']] });

    ann.network.cut();
    await Bun.sleep(longCutMs);
    await areThere('host', 'bob');
    ann.network.heal();
    await isBack();
    await areThere('host', 'ann', 'bob');
    await watched.shows('ann', { uid: '4712' });
    expect(await watched.liveMembers()).toEqual(['4711 host', '4712 ann', '4713 bob']);
    // Her live half may be back, and told of, some seconds before the half that knows her name.
    await eachOnce(['host', 'ann', 'bob'], 'also numbers');
  }, 180_000);

  test('somebody signs in late, who was a number until then, and is one person before and after', async () => {
    const cat = await visit('cat', true);
    await areThere('host', 'ann', 'bob', '4714');
    expect(await inRecipe(ann.page, (room) => room.online())).toEqual(['4714', 'ann', 'bob', 'host']);
    watched.forget();
    await inRecipe(cat.page, (room) => room.signIn());
    await areThere('host', 'ann', 'bob', 'cat');
    await eachOnce(['host', 'ann', 'bob', 'cat'], 'also numbers');
    await watched.shows('cat', { role: 'audience', uid: '4714' });
    // Nobody left, and nobody came, in the live channel.
    const { body } = await ask(
      server.url,
      `/v1/apps/${testApp.id}/channels/${encodeURIComponent(channel)}/roster`,
    );
    expect(body).toMatchObject({ count: 4 });
    const events = watched.user.told();
    expect(events.filter((each) => each.endsWith('4714'))).toEqual([
      'REMOTE_JOIN 4714',
      'REMOTE_STATE_CHANGED 4714',
      'REMOTE_LEAVE 4714',
    ]);
    expect(events.filter((each) => each === 'REMOTE_JOIN cat')).toHaveLength(1);
  }, 180_000);

  test('another user signs in on the page, who is the same member of the live channel', async () => {
    watched.forget();
    await inRecipe(ann.page, (room) => room.signOut());
    await inRecipe(ann.page, (room, name, token) => room.signIn(name, token), 'cat', rtmToken('cat'));
    await areThere('host', 'cat', 'bob');
    await watched.shows('cat', { role: 'audience', uid: '4712' });
    expect(await watched.liveMembers()).toEqual(['4711 host', '4712 cat', '4713 bob']);
    const { counts: _, ...lists } = watched.seen;
    for (const list of Object.values(lists).flat())
      expect(['ann,bob,host', 'bob,cat,host', 'bob,host']).toContain(String(list));
    expect(
      watched.user
        .told()
        .filter((each) => / (ann|cat|4712)$/.test(each))
        .slice(-3),
    ).toEqual(['REMOTE_LEAVE ann', 'REMOTE_JOIN cat', 'REMOTE_STATE_CHANGED cat']);
  }, 180_000);

  test('by the number or the name: a message reaches the person, and a kick both halves', async () => {
    const { client } = watched.user;
    await client.publish(String(uids.bob), 'to the number', { channelType: 'USER' });
    await client.publish('bob', 'to the name', { channelType: 'USER' });
    await until('the messages', async () => (await inRecipe(bob.page, (room) => room.heard)).length === 2);
    expect(await inRecipe(bob.page, (room) => room.heard)).toEqual([
      'USER to the number',
      'USER to the name',
    ]);

    const byNumber = {
      appid: testApp.id,
      cname: channel,
      uid: uids.bob,
      privileges: ['join_channel'],
      time: 60,
    };
    expect((await ask(server.url, '/dev/v1/kicking-rule', { send: byNumber })).status).toBe(200);
    await areThere('host', 'ann');
    expect(await watched.liveMembers()).toEqual(['4711 host', '4712 ann']);
    expect(await inRecipe(bob.page, (room) => room.signIn().catch(({ errorCode }) => errorCode))).toBe(
      -11021,
    );

    const byName = { channel, userId: 'ann', privileges: ['join_channel'], seconds: 60 };
    expect((await ask(server.url, `/v1/apps/${testApp.id}/rules`, { send: byName })).status).toBe(200);
    await areThere('host');
    expect(await watched.liveMembers()).toEqual(['4711 host']);
    expect(await inRecipe(ann.page, (room) => room.enter().catch(({ code }) => code))).toBe(
      'CAN_NOT_GET_GATEWAY_SERVER',
    );
    await areThere('host');
    await eachOnce(['host', 'ann', 'bob']);
  }, 180_000);
});
