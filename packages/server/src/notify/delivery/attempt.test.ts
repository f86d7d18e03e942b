import { expect, test } from 'bun:test';
import { testClock } from '../../../testing/worlds/clock.ts';
import { answered, endpointForTests } from '../../../testing/worlds/notify-world.ts';
import { endpointSigner } from '../endpoint/endpoint-signer.ts';
import type { SendRequest } from '../send/transport.ts';
import { attempt } from './attempt.ts';

test('TIME5: what is signed has the time of the wall clock, and a secret ends by it, wherever the log is', async () => {
  const wallMs = 1_700_000_000_000;
  const notice = {
    position: 1,
    event: { type: 'channel-opened' },
    text: { noticeId: 'n', eventType: 101, at: (atMs: number) => JSON.stringify({ atMs }) },
  };
  let steadyMs = 5_000;
  for (const aheadMs of [2 * 3_600_000, -2 * 3_600_000]) {
    const secrets = [{ secret: 'old', endsMs: wallMs + 1_000 }, { secret: 'new' }];
    const sent: SendRequest[] = [];
    const made = await attempt(endpointForTests('good'), [notice as never], {
      clock: { ...testClock(() => wallMs + aheadMs), wallMs: () => wallMs, steadyMs: () => steadyMs },
      send: async (request) => {
        sent.push(request);
        steadyMs += 250;
        return answered(200);
      },
      sign: endpointSigner({ format: 'agora', secrets }),
      signal: new AbortController().signal,
      onBug: (cause) => {
        throw cause;
      },
    });
    expect(made).toMatchObject({ atMs: wallMs, durationMs: 250 });
    const signature = sent[0]?.headers['Housecount-Signature'] ?? '';
    expect(signature.startsWith(`t=${wallMs},`)).toBe(true);
    expect(signature.match(/v1=/g)).toHaveLength(2);
  }
});
