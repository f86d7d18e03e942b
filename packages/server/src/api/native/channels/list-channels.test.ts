import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ApiWorld, openApiWorld, testApp } from '../../../../testing/worlds/api-world.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld();
});
afterEach(() => world.close());

const path = `/v1/apps/${testApp.id}/channels`;
interface Page {
  readonly channels: readonly { readonly channel: string; readonly audience: number }[];
  readonly total: number;
  readonly next?: string;
}
const ask = async (query: string): Promise<Page> => (await world.json(`${path}?${query}`)).body;
/** All pages of a listing, each checked to be no longer than `limit`. */
async function names(query: string, limit: number): Promise<string[]> {
  const seen: string[] = [];
  let page = await ask(`${query}&limit=${limit}`);
  for (;;) {
    expect(page.channels.length).toBeLessThanOrEqual(limit);
    seen.push(...page.channels.map(({ channel }) => channel));
    if (page.next === undefined) return seen;
    page = await ask(`${query}&limit=${limit}&after=${encodeURIComponent(page.next)}`);
  }
}

test('REST82: by audience the largest comes first, hosts do not count, and pages go on where one ended', async () => {
  const audiences: Readonly<Record<string, number>> = { a: 0, b: 2, 'c:1': 1, d: 3, e: 2, f: 0, g: 1 };
  let uid = 0;
  for (const [channel, audience] of Object.entries(audiences)) {
    await world.join(channel, ++uid, { role: 'broadcaster' });
    for (let n = 0; n < audience; n++) await world.join(channel, ++uid);
  }
  for (let n = 0; n < 3; n++) await world.join('a', ++uid, { role: 'broadcaster' });
  const expected = ['d', 'b', 'e', 'c:1', 'g', 'a', 'f'];
  for (const limit of [1, 2, 3, 7, 100]) expect(await names('sort=audience', limit)).toEqual(expected);
  expect(await ask('sort=audience&limit=2')).toMatchObject({ total: 7, next: '2:b' });
  expect(await names('sort=name', 2)).toEqual(Object.keys(audiences));
  expect(await names('', 3)).toEqual(Object.keys(audiences));
});

test('REST82: q finds names by a part, in capitals or not, with either sort, and counts what it found', async () => {
  let uid = 0;
  for (const channel of ['Lobby', 'lobby 2', 'hall', 'the LOBBY', 'x']) await world.join(channel, ++uid);
  await world.join('the LOBBY', ++uid);
  expect(await names('q=lobby', 2)).toEqual(['Lobby', 'lobby 2', 'the LOBBY']);
  expect(await names('q=LOBBY&sort=audience', 1)).toEqual(['the LOBBY', 'Lobby', 'lobby 2']);
  expect(await ask('q=obb&limit=1')).toMatchObject({ total: 3 });
  expect(await ask('q=nowhere')).toEqual({ channels: [], total: 0 });
  expect((await ask('q=')).total).toBe(5);
});

test('REST82: another sort, or a cursor of one, is refused', async () => {
  for (const query of ['sort=size', 'sort=', 'sort=audience&after=lobby', 'sort=audience&after=x:lobby'])
    expect(await world.json(`${path}?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'query_invalid' },
    });
});
