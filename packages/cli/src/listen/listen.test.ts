import { afterEach, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { type ChannelEvent, type CommunicationEvents, toAgoraNotice } from '@housecount/protocol';
import agoraFixtures from '@housecount/protocol/fixtures/notices.json' with { type: 'json' };
import standardFixtures from '@housecount/protocol/fixtures/standard-notices.json' with { type: 'json' };
import { generate } from 'selfsigned';
import { RefusedError } from '../server/refused-error.ts';
import { ask } from '../server/server-access.ts';
import { filterOf } from './event-filter.ts';
import { noticeFormer, secretProblem } from './form-notice.ts';
import { forwarder } from './forward.ts';
import { noticeLine } from './notice-line.ts';
import type { PulledEvent } from './pulled-event.ts';

const servers: { stop(force: boolean): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});
function serve(fetch: (request: Request) => Response | Promise<Response>): URL {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  servers.push(server);
  return server.url;
}
const signal = new AbortController().signal;

interface Fixture {
  readonly name: string;
  readonly communicationEvents: CommunicationEvents;
  readonly notifyMs?: number;
  readonly event: ChannelEvent;
  readonly notice: string;
}
/** The event as the server answers it, by way of its JSON. */
function pulled({ event, communicationEvents }: Omit<Fixture, 'name' | 'notice'>): PulledEvent {
  const notice = toAgoraNotice(event, { notifyMs: 1, communicationEvents });
  const { noticeId, eventType } = notice;
  return JSON.parse(JSON.stringify({ ...event, noticeId, eventType, notice })) as PulledEvent;
}
const standard = standardFixtures as unknown as readonly Fixture[];
const agora = agoraFixtures as unknown as readonly Fixture[];
const [anEvent] = standard.filter(({ event }) => event.type === 'member-joined').map(pulled);
if (anEvent?.type !== 'member-joined') throw new Error('no join among the fixtures');
const join = anEvent;

describe('forming', () => {
  test.each(agora.map((one) => [one.name, one] as const))(
    'CLI7: in the agora format %s is what the server sends, to the byte',
    (_name, one) => {
      expect(noticeFormer('agora')(pulled(one), one.notifyMs ?? 0)?.body).toBe(one.notice);
    },
  );

  test.each(standard.map((one) => [one.name, one] as const))(
    'CLI26: in the standard format %s is what the server sends, to the byte',
    (_name, one) => {
      expect(noticeFormer('standard')(pulled(one), 5)?.body).toBe(one.notice);
    },
  );

  const mac = (algorithm: string, secret: string | Buffer, text: string) =>
    createHmac(algorithm, secret).update(text).digest();

  test('CLI7: the agora signatures fit the body and the secret', () => {
    const { body = '', headers } = noticeFormer('agora', 'mine')(join, 1_700_000_000_000) ?? {};
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'Agora-Signature': mac('sha1', 'mine', body).toString('hex'),
      'Agora-Signature-V2': mac('sha256', 'mine', body).toString('hex'),
      'Housecount-Signature': `t=1700000000000,v1=${mac('sha256', 'mine', `1700000000000.${body}`).toString('hex')}`,
    });
  });

  test('CLI26: the signature of the standard format is Standard Webhooks’ own', () => {
    const key = Buffer.alloc(24, 7);
    const former = noticeFormer('standard', `whsec_${key.toString('base64')}`);
    const { body = '', headers } = former(join, 1_700_000_000_999) ?? {};
    expect(headers).toMatchObject({
      'webhook-id': join.noticeId,
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1,${mac('sha256', key, `${join.noticeId}.1700000000.${body}`).toString('base64')}`,
    });
  });

  test('CLI7: without a secret nothing is signed', () => {
    for (const format of ['agora', 'standard'] as const)
      expect(noticeFormer(format)(join, 1)?.headers).toEqual({ 'Content-Type': 'application/json' });
  });

  test('CLI26: a secret that cannot sign in the format is known before', () => {
    expect(secretProblem('whsec_x', 'standard')).toContain('base64');
    expect(secretProblem('whsec_x', 'agora')).toBeUndefined();
    expect(secretProblem('whsk_x', 'agora')).toContain('agora');
  });

  test('CLI26: an event of a type that is not known has the server’s words in agora, and none in standard', () => {
    const strange = { ...join, type: 'constructor', eventType: 170 } as unknown as PulledEvent;
    expect(noticeFormer('agora')(strange, 9)?.notice).toEqual({ ...join.notice, notifyMs: 9 });
    expect(noticeFormer('standard')(strange, 9)).toBeUndefined();
  });
});

describe('filters', () => {
  const of = (over: object): PulledEvent => ({ ...join, ...over }) as PulledEvent;
  const opened = of({ type: 'channel-opened', eventType: 101, uid: undefined, account: undefined });
  const passes = (values: Parameters<typeof filterOf>[0], event: PulledEvent) => filterOf(values)(event);

  test('CLI27: without filters everything passes', () => {
    for (const event of [join, opened, of({ eventType: 170 })]) expect(passes({}, event)).toBe(true);
  });

  test('CLI27: channels go by name or pattern, and any of them will do', () => {
    const channel = ['lobby', 'live-*'];
    expect(passes({ channel }, of({ channel: 'lobby' }))).toBe(true);
    expect(passes({ channel }, of({ channel: 'live-7' }))).toBe(true);
    for (const other of ['lobby2', 'Lobby', 'alive-7', ''])
      expect(passes({ channel }, of({ channel: other }))).toBe(false);
  });

  test('CLI27: a pattern may have a dot beside the star, though a channel cannot be named so', () => {
    expect(passes({ channel: ['.*', '*..'] }, of({ channel: '.hidden' }))).toBe(true);
  });

  test('CLI27: types, uid and account; and all that are given must fit', () => {
    expect(passes({ type: '105, 106' }, of({ eventType: 106 }))).toBe(true);
    expect(passes({ type: '105,106' }, of({ eventType: 101 }))).toBe(false);
    expect(passes({ uid: '7' }, of({ uid: 7 }))).toBe(true);
    expect(passes({ uid: '7' }, of({ uid: 8 }))).toBe(false);
    expect(passes({ uid: '7' }, opened)).toBe(false);
    expect(passes({ account: 'ann' }, of({ account: 'ann' }))).toBe(true);
    expect(passes({ account: 'ann' }, of({ account: 'anna' }))).toBe(false);
    expect(passes({ account: 'ann' }, opened)).toBe(false);
    const both = { uid: '7', channel: ['x'] };
    expect(passes(both, of({ uid: 7, channel: 'x' }))).toBe(true);
    expect(passes(both, of({ uid: 7, channel: 'y' }))).toBe(false);
  });

  test.each([
    [{ channel: [''] }],
    [{ channel: ['ok', 'ä'] }],
    [{ channel: ['x'.repeat(129)] }],
    [{ channel: Array.from({ length: 101 }, () => 'x') }],
    [{ type: '' }],
    [{ type: '105,' }],
    [{ type: '109' }],
    [{ type: '105;106' }],
    [{ uid: '0' }],
    [{ uid: '4294967296' }],
    [{ uid: 'ann' }],
    [{ account: '' }],
    [{ account: 'ä' }],
  ])('CLI27: %j is a wrong call', (values) => {
    expect(() => filterOf(values)).toThrow(/--(channel|type|uid|account) /);
  });
});

describe('forwarding', () => {
  const body = '{"sid":"S","eventType":105, "odd" : "ü"}';
  const notice = { body, headers: { 'Content-Type': 'application/json', 'Agora-Signature-V2': 'abc' } };

  test('CLI7: the exact body and headers arrive, and the answer is told', async () => {
    let seen: { body: string; v2: string | null; type: string | null } | undefined;
    const url = serve(async (request) => {
      const { headers } = request;
      seen = {
        body: await request.text(),
        v2: headers.get('agora-signature-v2'),
        type: headers.get('content-type'),
      };
      return new Response('ok', { status: 202 });
    });
    expect(await forwarder(url)(notice, signal)).toMatchObject({ status: 202 });
    expect(seen).toEqual({ body, v2: 'abc', type: 'application/json' });
  });

  test('CLI7: no redirect is followed, and no answer is an answer too', async () => {
    const away = serve(() => Response.redirect('http://127.0.0.1:1/', 302));
    expect(await forwarder(away)(notice, signal)).toMatchObject({ status: 302 });
    const gone = serve(() => new Response(''));
    await servers.pop()?.stop(true);
    const answer = await forwarder(gone)(notice, signal);
    expect(answer.status).toBeUndefined();
    expect(answer.error?.length).toBeGreaterThan(0);
  });
});

test('CLI23: a certificate that cannot be verified is no loss: --insecure is named', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    fetch: () => Response.json({}),
  });
  servers.push(server);
  const url = new URL(`https://127.0.0.1:${server.port}/`);
  const error = await ask({ url, insecure: false }, '/', signal).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RefusedError);
  expect(String(error)).toContain('--insecure');
  expect((await ask({ url, insecure: true }, '/', signal)).status).toBe(200);
});

test('CLI8: a notice is one line with type, channel, who, order and count', () => {
  const payload = {
    channelName: 'lobby',
    uid: 7,
    account: 'alice',
    reason: 2,
    duration: 9,
    seq: 5,
    count: 4,
  };
  expect(noticeLine({ eventType: 106, atMs: 1_700_000_000_000, payload })).toBe(
    '22:13:20.000  106  audience leave   lobby  seq 5  count 4  uid 7 (alice)  reason 2 after 9 s',
  );
});

test('CLI8: of a type that is not known there is a line with what there is', () => {
  const line = noticeLine({ eventType: 170, atMs: 0, payload: { channelName: 'x' } });
  expect(line.replaceAll(/ {2,}/g, '  ')).toBe('00:00:00.000  170  x');
});
