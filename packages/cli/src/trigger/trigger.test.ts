import { afterEach, describe, expect, test } from 'bun:test';
import { isChannelName, noticeTypeNumbers, noticeTypeOf } from '@housecount/protocol';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../../server/test/receiver.ts';
import { trigger } from '../commands/trigger.ts';
import { runCommands } from '../run.ts';
import { testEvent } from './test-event.ts';

const receivers: Receiver[] = [];
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
      const [received] = receiver.notices;
      expect(received?.verified).toBe(true);
      expect(received?.notice).toMatchObject({
        eventType: type,
        productId: 1,
        payload: { channelName: 'lobby' },
      });
      if (type > 102) expect(received?.notice.payload).toMatchObject({ uid: 7, account: 'ann' });
    },
  );

  test('CLI22: each notice is a new one', async () => {
    const receiver = await receive({ secret: 's' });
    for (let n = 0; n < 3; n++) await run('105', '--forward', receiver.url, '--secret', 's');
    expect(new Set(receiver.notices.map(({ notice }) => notice.noticeId)).size).toBe(3);
  });

  test('CLI22: the answer is shown, and only 200 is exit status 0', async () => {
    const receiver = await receive({
      behaviour: () => ({ status: 403, body: 'the signature does not fit' }),
    });
    const refused = await run('105', '--forward', receiver.url, '--secret', 'wrong');
    expect(refused.status).toBe(1);
    expect(refused.out).toContain('→ 403');
    expect(refused.out).toContain('the signature does not fit');
    const object = JSON.parse((await run('105', '--forward', receiver.url, '--secret', 'x', '--json')).out);
    expect(object).toMatchObject({
      notice: { eventType: 105 },
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
    expect(out.length).toBeLessThan(4_000);
  });
});
