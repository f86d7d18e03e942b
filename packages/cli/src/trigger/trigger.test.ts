import { afterEach, describe, expect, test } from 'bun:test';
import { audit } from '@housecount/audit';
import { isChannelName, noticeTypeNumbers, noticeTypeOf, toAgoraNotice } from '@housecount/protocol';
import {
  type Receiver,
  type ReceiverOptions,
  startReceiver,
} from '../../../server/testing/processes/receiver.ts';
import { fetchHandler } from '../../../webhook/src/handlers.ts';
import type { Notice } from '../../../webhook/src/notice.ts';
import { Roster } from '../../../webhook/src/roster/roster.ts';
import { trigger } from '../commands/trigger.ts';
import { runCommands } from '../run.ts';
import { testEvent, testLife } from './test-event.ts';

const receivers: Pick<Receiver, 'close'>[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});
async function receive(options: ReceiverOptions): Promise<Receiver> {
  const receiver = await startReceiver(options);
  receivers.push(receiver);
  return receiver;
}
async function run(...args: string[]) {
  let out = '';
  const status = await runCommands([trigger], ['trigger', ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      out += text;
    },
    env: {},
  });
  return { status, out };
}

test.each(noticeTypeNumbers.map((type) => [type]))(
  'CLI22: the event of %i makes a notice of that type',
  (type) => {
    const event = testEvent(type, { app: 'a', channel: 'x', uid: 7 }, 1_700_000_000_000);
    expect(noticeTypeOf(event, '107/108')).toBe(type);
    expect(isChannelName(event.channel)).toBe(true);
  },
);

test.each(noticeTypeNumbers.map((type) => [type]))(
  'CLI30: the life up to %i keeps every promise and ends with it',
  (type) => {
    const events = testLife(type, { app: 'a', channel: 'x', uid: 7 }, 1_700_000_000_000);
    expect(noticeTypeOf(events.at(-1) ?? events[0] ?? never(), '107/108')).toBe(type);
    const notices = events.map((event) =>
      toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' }),
    );
    expect(audit(notices).violations).toEqual([]);
  },
);
function never(): never {
  throw new Error('there is an event');
}

describe('trigger in the formats of Standard Webhooks', () => {
  const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
  /** A receiver as a customer has it. */
  function customer(status?: number) {
    const roster = new Roster();
    const heard: Notice[] = [];
    const handle = fetchHandler({ secret, roster, onNotice: (notice) => heard.push(notice) });
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const answer = await handle(request);
        return status === undefined || !answer.ok ? answer : new Response(null, { status });
      },
    });
    receivers.push({ close: () => server.stop(true) });
    return { url: server.url.href, roster, heard };
  }

  test('CLI30: a standard notice is taken by a receiver', async () => {
    const { url, heard } = customer();
    const sent = await run('103', '--forward', url, '--secret', secret, '--format', 'standard', '--uid', '7');
    expect(sent.status).toBe(0);
    expect(sent.out).toMatch(/103 {2}host join .*uid 7/);
    expect(heard).toMatchObject([
      { kind: 'channel-created' },
      { kind: 'joined', uid: 7, channelName: 'test', app: '0'.repeat(32) },
    ]);
  });

  test('CLI30: a batch is one request, and makes a roster whole', async () => {
    const { url, heard, roster } = customer();
    const asked = ['--forward', url, '--secret', secret, '--format', 'batch', '--channel', 'lobby'];
    const sent = await run('105', ...asked, '--account', 'ann', '--json');
    expect(sent.status).toBe(0);
    expect(JSON.parse(sent.out)).toMatchObject({
      notice: [{ type: 'channel.opened' }, { type: 'member.joined', data: { account: 'ann' } }],
      headers: { 'webhook-id': expect.stringMatching(/^batch_/) },
      answer: { status: 200 },
    });
    expect(await roster.members('lobby')).toMatchObject([{ uid: 1234, account: 'ann', role: 'audience' }]);
    expect(heard).toHaveLength(2);
    const closed = await run('102', ...asked);
    expect(closed.out.match(/ {2}\d{3} {2}/g)).toHaveLength(4);
  });

  test('CLI30: lost events are told in each format', async () => {
    for (const format of ['standard', 'batch']) {
      const { url, heard } = customer();
      const sent = await run('190', '--forward', url, '--secret', secret, '--format', format);
      expect(sent.status).toBe(0);
      expect(sent.out).toContain('events lost');
      expect(heard).toMatchObject([
        { kind: 'events-lost', channelName: 'test', fromSeq: 2, toSeq: 4, events: 3 },
      ]);
    }
    const receiver = await receive({ secret: 's' });
    expect((await run('190', '--forward', receiver.url, '--secret', 's')).status).toBe(0);
    expect(receiver.notices[0]).toMatchObject({ verified: true, notice: { eventType: 190 } });
  });

  test('CLI30: any 2xx is taken, a wrong secret is not', async () => {
    const { url } = customer(204);
    const asked = ['--forward', url, '--format', 'standard'];
    expect((await run('105', ...asked, '--secret', secret)).status).toBe(0);
    const wrong = await run('105', ...asked, '--secret', 'wrong');
    expect(wrong.status).toBe(1);
    expect(wrong.out).toContain('signature_invalid');
  });
});

describe('trigger', () => {
  test.each(noticeTypeNumbers.map((type) => [type]))(
    'CLI22: %i arrives, signed with the secret',
    async (type) => {
      const receiver = await receive({ secret: 's' });
      const { status, out } = await run(
        ...[String(type), '--forward', receiver.url, '--secret', 's', '--channel', 'lobby', '--uid', '7'],
        ...['--account', 'ann'],
      );
      expect(status).toBe(0);
      expect(out).toMatch(/→ 200 in \d+ ms/);
      expect(receiver.notices.every(({ verified }) => verified)).toBe(true);
      expect(receiver.notices[0]?.notice.eventType).toBe(101);
      expect(audit(receiver.notices.map(({ notice }) => notice)).violations).toEqual([]);
      const received = receiver.notices.at(-1);
      expect(received?.notice).toMatchObject({
        eventType: type,
        productId: 1,
        payload: { channelName: 'lobby' },
      });
      if (type > 102) expect(received?.notice.payload).toMatchObject({ uid: 7, account: 'ann' });
    },
  );

  test('CLI22: each notice is a new one; --alone sends none before it', async () => {
    const receiver = await receive({ secret: 's' });
    for (let n = 0; n < 3; n++) await run('105', '--forward', receiver.url, '--secret', 's', '--alone');
    expect(receiver.notices.map(({ notice }) => notice.eventType)).toEqual([105, 105, 105]);
    expect(new Set(receiver.notices.map(({ notice }) => notice.noticeId)).size).toBe(3);
  });

  test('CLI22: after a notice that is not taken none is sent, and what to look at is said', async () => {
    const answers = [
      [401, /--secret/],
      [404, /check the path of --forward/],
      [204, /only 200 is taken/],
      [307, /sends elsewhere, to .*--forward/],
    ] as const;
    for (const [status, advice] of answers) {
      const receiver = await receive({ behaviour: () => ({ status }) });
      const refused = await run('102', '--forward', receiver.url, '--secret', 's');
      expect(refused.status).toBe(1);
      expect(refused.out).toMatch(advice);
      expect(receiver.notices).toHaveLength(1);
    }
  });

  test('CLI22: the answer is shown, and only 200 is exit status 0', async () => {
    const receiver = await receive({
      behaviour: () => ({ status: 403, body: 'the signature does not fit' }),
    });
    const refused = await run('105', '--forward', receiver.url, '--secret', 'wrong');
    expect(refused.status).toBe(1);
    expect(refused.out).toContain('→ 403');
    expect(refused.out).toContain('the signature does not fit');
    const object = JSON.parse(
      (await run('105', '--forward', receiver.url, '--secret', 'x', '--json')).out.split('\n')[0] ?? '',
    );
    expect(object).toMatchObject({
      notice: { eventType: 101 },
      headers: { 'Agora-Signature-V2': expect.any(String) },
      answer: { status: 403, excerpt: 'the signature does not fit' },
    });
    const { url } = receiver;
    await receivers.pop()?.close();
    const gone = await run('105', '--forward', url, '--secret', 's');
    expect(gone.status).toBe(1);
    expect(gone.out).toContain('no answer');
  });

  test('CLI22: of an endless answer the beginning is shown', async () => {
    const receiver = await receive({ behaviour: () => ({ does: 'flood', bytes: 1024 ** 3 }) });
    const { status, out } = await run('105', '--forward', receiver.url, '--secret', 's');
    expect(status).toBe(0);
    expect(out.length).toBeLessThan(8_000);
  });
});
