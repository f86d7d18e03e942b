import { describe, expect, test } from 'bun:test';
import { Truth } from '../../../test/truth.ts';
import { restHealer } from './healer.ts';

type Answer = { readonly status?: number; readonly body: unknown };

/** A server that gives these answers, one after the other, and notes what it was asked. */
function serverOf(...answers: readonly (Answer | Error)[]) {
  const asked: { url: URL; authorization: string | null }[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    asked.push({ url: new URL(url), authorization: new Headers(init.headers).get('Authorization') });
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw new Error('asked once too often');
    if (answer instanceof Error) throw answer;
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return new Response(body, { status: answer.status ?? 200 });
  };
  const customer = { id: 'ann', secret: 'sécret' };
  return { asked, heal: restHealer({ url: 'http://live.test/', app: 'a', customer, fetch }) };
}

const events = [1, 2, 3].flatMap((pick) => new Truth('x').step({ does: 'join', pick }));
const head = { sid: 'S', seq: 9, profile: 'live', openedMs: 5_500, count: 2, hosts: 1 };
const ann = { uid: 1, account: 'ann', role: 'broadcaster', platform: 7, connection: 'rtc', joinedMs: 6_900 };
const bob = { uid: 2, role: 'audience', platform: 6, clientType: 10, connection: 'rtc', joinedMs: 7_000 };
const gone = { status: 404, body: { code: 'not_found' } };
const notKept = { status: 410, body: { code: 'no_longer_kept' } };
const query = { channel: 'a b/c', sid: 'S&', after: 4, to: 6 };

describe('restHealer', () => {
  test('HOOK48: asks for the events after a seq, page by page, no further than needed', async () => {
    const page = (from: number) => ({
      body: { events: events.slice(0, 1).map((event) => ({ ...event, seq: from })), more: true },
    });
    const { heal, asked } = serverOf(page(5), page(6));
    const entries = await heal.events(query);
    expect(entries?.map(({ seq }) => seq)).toEqual([5, 6]);
    expect(asked.map(({ url }) => `${url.pathname}?${url.searchParams}`)).toEqual([
      '/v1/apps/a/channels/a%20b%2Fc/events?sid=S%26&after=4&limit=1000',
      '/v1/apps/a/channels/a%20b%2Fc/events?sid=S%26&after=5&limit=1000',
    ]);
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('ann:sécret').toString('base64')}`);
  });

  test('HOOK48: lists the roster page by page, of one moment', async () => {
    const { heal, asked } = serverOf(
      { body: { ...head, members: [ann], next: { after: 3, at: 'S:9' } } },
      { body: { ...head, members: [bob] } },
    );
    expect(await heal.roster('x')).toEqual({
      sid: 'S',
      seq: 9,
      openedTs: 5,
      members: [
        { uid: 1, account: 'ann', role: 'broadcaster', platform: 7, joinedSeconds: 6 },
        { uid: 2, role: 'audience', platform: 6, clientType: 10, joinedSeconds: 7 },
      ],
    });
    expect(asked[1]?.url.search).toBe('?limit=1000&after=3&at=S%3A9');
  });

  test('PERSON18: the user ids of linked members are those of the roster, and of the events', async () => {
    const { heal } = serverOf({ body: { ...head, members: [{ ...ann, userId: 'a' }, bob] } });
    expect((await heal.roster('x'))?.members.map(({ userId }) => userId)).toEqual(['a', undefined]);
    const [, joined] = events;
    const of = (type: string, seq: number) => ({ ...joined, type, seq, userId: 'a', reason: 'quit' });
    const page = {
      events: [of('member-joined', 5), of('role-changed', 6), of('member-left', 7)],
      more: false,
    };
    const entries = await serverOf({ body: page }).heal.events({ ...query, to: 7 });
    expect(entries).toMatchObject([{ member: { userId: 'a' } }, { userId: 'a' }, { userId: 'a' }]);
  });

  test('HOOK48: a listing whose moment is no longer kept is begun anew', async () => {
    const first = { body: { ...head, members: [ann], next: { after: 3, at: 'S:9' } } };
    const again = { body: { ...head, seq: 10, members: [bob] } };
    expect(await serverOf(first, notKept, again).heal.roster('x')).toMatchObject({
      seq: 10,
      members: [{ uid: 2 }],
    });
    const never = serverOf(first, notKept, first, notKept, first, notKept);
    await expect(never.heal.roster('x')).rejects.toMatchObject({ code: 'heal_failed' });
  });

  test('HOOK48: an empty channel and events that are no longer kept are answers', async () => {
    expect(await serverOf(gone).heal.roster('x')).toBeUndefined();
    expect(await serverOf(gone).heal.events(query)).toBeUndefined();
    expect(await serverOf(notKept).heal.events(query)).toBeUndefined();
    expect(await serverOf({ body: { events: [], more: false } }).heal.events(query)).toEqual([]);
  });

  test('HOOK181: among events of a type that is not known here, the roster is to be asked', async () => {
    const later = [
      { ...events[1], seq: 5 },
      { seq: 6, sid: 'S&', atMs: 1, type: 'stage-lit' },
    ];
    expect(await serverOf({ body: { events: later, more: false } }).heal.events(query)).toBeUndefined();
  });

  test('HOOK180: what the server says to no end is not read for ever', async () => {
    const round = { body: { ...head, members: [ann], next: { after: 3, at: 'S:9' } } };
    const listing = serverOf(...Array(10).fill(round));
    await expect(listing.heal.roster('x')).rejects.toMatchObject({ code: 'heal_failed' });
    expect(listing.asked).toHaveLength(3);
    const same = { body: { events: events.slice(0, 1).map((event) => ({ ...event, seq: 5 })), more: true } };
    const paging = serverOf(...Array(10).fill(same));
    await expect(paging.heal.events(query)).rejects.toMatchObject({ code: 'heal_failed' });
    expect(paging.asked).toHaveLength(2);
  });

  test('HOOK48: members of a communication channel have a role only where the notices say so', async () => {
    const answer = { ...head, profile: 'communication', members: [ann] };
    expect((await serverOf({ body: answer }).heal.roster('x'))?.members[0]?.role).toBe('communication');
    const fetch = async () => new Response(JSON.stringify(answer));
    const customer = { id: 'c', secret: 's' };
    const options = { url: 'http://live.test', app: 'a', customer, fetch };
    const heal = restHealer({ ...options, communicationEvents: '103/104' });
    expect((await heal.roster('x'))?.members[0]?.role).toBe('broadcaster');
  });

  const bad: [string, Answer | Error][] = [
    ['no answer', new Error('refused')],
    ['no JSON', { body: '<html>' }],
    ['null', { body: 'null' }],
    ['another 404', { status: 404, body: { code: 'invalid_app_id' } }],
    ['a 404 of a proxy', { status: 404, body: {} }],
    ['401', { status: 401, body: { code: 'unauthorized' } }],
    ['500', { status: 500, body: { code: 'internal' } }],
    ['no list', { body: { ...head, events: 7, members: {} } }],
    ['a list of nothing', { body: { ...head, events: [null], members: [null] } }],
    [
      'a uid that is none',
      { body: { ...head, events: [{ ...events[1], uid: -1 }], members: [{ ...ann, uid: 'x' }] } },
    ],
    [
      'a role that is none',
      { body: { ...head, events: [{ ...events[1], role: 7 }], members: [{ ...ann, role: 'king' }] } },
    ],
    ['a type that is none', { body: { ...head, sid: 7, events: [{ ...events[1], type: 7 }], members: [] } }],
  ];
  test.each(bad)('HOOK48: %s is a failure, never an empty channel', async (_name, answer) => {
    await expect(serverOf(answer).heal.roster('x')).rejects.toMatchObject({ code: 'heal_failed' });
    await expect(serverOf(answer).heal.events(query)).rejects.toMatchObject({ code: 'heal_failed' });
  });
});
