import { expect, test } from 'bun:test';
import { evidences, platforms } from '@housecount/protocol';
import notices from '@housecount/protocol/fixtures/notices.json' with { type: 'json' };
import standardNotices from '@housecount/protocol/fixtures/standard-notices.json' with { type: 'json' };
import { agoraWebhook, standardBatch, standardWebhook } from '@housecount/schema';
import { FieldsSeen } from '../../../testing/fields-seen.ts';
import { judgeOf } from '../../../testing/json-schema-judge.ts';
import { until } from '../../../testing/processes/server-process.ts';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../../testing/worlds/api-world.ts';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { endpointForTests, NotifyWorld } from '../../../testing/worlds/notify-world.ts';
import { liveKey } from '../../channel/channel.ts';

const shapes = {
  agora: agoraWebhook,
  standard: standardWebhook,
  batch: standardBatch,
} as const;
const formats = Object.keys(shapes) as ('agora' | 'standard' | 'batch')[];

/** Has everything become of a live channel that can, asked of the real log; and of its members, as each kind of connection would. */
async function everything({ log, join, leave }: ApiWorld): Promise<void> {
  const submit = async (command: Parameters<typeof log.submit>[1]) =>
    expect(await log.submit(liveKey(testApp.id, 'stage'), command)).toMatchObject({ ok: true });
  let uid = 0;
  const come = async (platform: number, account?: string) => {
    uid += 1;
    const connectionId = `stage-${uid}`;
    const [role, other] = uid % 2 === 0 ? roles : [roles[1], roles[0]];
    const linked = account && { identity: { account }, userId: `user ${uid}` };
    await join('stage', uid, { platform, clientType: 3, role, ...linked });
    for (const next of [other, role]) await submit({ type: 'set-role', connectionId, role: next });
    return connectionId;
  };
  for (const platform of Object.values(platforms)) await come(platform);
  for (const evidence of evidences)
    await submit({ type: 'leave', connectionId: await come(6, `for ${evidence}`), evidence });
  await submit({ type: 'kick' });
  await join('talk', 1, {
    profile: 'communication',
    role: 'broadcaster',
    identity: { account: 'ann' },
    userId: 'bob',
  });
  await leave('talk', 1);
  await join('talk', 2, { profile: 'communication', role: 'broadcaster' });
  await leave('talk', 2);
}
const roles = ['broadcaster', 'audience'] as const;

/** The bodies of all notices that the server sends of that, by format. */
async function sentOfEverything(): Promise<readonly Sent[]> {
  const world = await openApiWorld();
  try {
    const endpoints = `/v1/apps/${testApp.id}/endpoints`;
    for (const format of formats) {
      const send = { url: `https://${format}.example/`, format };
      const { body } = await world.json(endpoints, { method: 'POST', send });
      const enabled = `${endpoints}/${body.endpoint.endpointId}/enable`;
      expect([format, (await world.json(enabled, { method: 'POST' })).status]).toEqual([format, 200]);
    }
    await everything(world);
    const sent = () =>
      world.sent.map(({ url, body }) => ({ format: new URL(url).hostname.split('.')[0] ?? '', body }));
    const last = /"channel(Name)?":"talk".*"lastUid":2/;
    await until('the last notice in every format', () =>
      formats.every((format) => sent().some((one) => one.format === format && last.test(one.body))),
    );
    return sent();
  } finally {
    await world.close();
  }
}

/** The same of events that were lost: those of a life, or, if that is not known, the rest of them. */
async function sentOfLost(isKnown: boolean): Promise<readonly Sent[]> {
  const retention = { ms: 3_600_000, bytes: 1e9, bytesPerApp: 0, checkMs: 600_000 };
  const endpoints = formats.map((format) => endpointForTests(format, { format, retry: 'standard' }));
  const world = new NotifyWorld();
  const paused = new Set<string>(formats);
  let notify = await world.start(endpoints, { retention, paused });
  await world.clock.advance(1_000);
  if (!isKnown) await notify.stop();
  const events = new LifeForTests().whole(2);
  world.log.append(...events.map((event) => ({ ...event, atMs: world.clock.nowMs() })));
  if (!isKnown) world.log.firstKept = 4;
  await world.clock.advance(2 * 3_600_000);
  if (!isKnown) notify = await world.start(endpoints, { retention, paused });
  await world.clock.advance(1_000);
  for (const format of formats) await notify.resume(format);
  await world.clock.advance(10_000);
  await notify.stop();
  return formats.flatMap((format) => world.at(format).map(({ request }) => ({ format, body: request.body })));
}

interface Sent {
  readonly format: string;
  readonly body: string;
}

test('SHAPE6: every notice that the server sends is as the shape of its format says, and all that the shape says is sent', async () => {
  const all = [...(await sentOfEverything()), ...(await sentOfLost(true)), ...(await sentOfLost(false))];
  for (const format of formats) {
    const seen = new FieldsSeen(shapes[format]);
    for (const { body } of all.filter((sent) => sent.format === format))
      expect([body, seen.misfits(JSON.parse(body))]).toEqual([body, []]);
    // No leave that is decided now has that reason: it is that of no evidence.
    expect([format, seen.unseen.filter((place) => !place.endsWith('.reason=other'))]).toEqual([format, []]);
  }
});

test('SHAPE6: the schemas that are published take notices, and refuse what is none', async () => {
  const world = await openApiWorld();
  const document = (await world.json('/v1/openapi.json', { anonymous: true })).body;
  await world.close();
  const judge = judgeOf(document.components.schemas);
  const standard = standardNotices.map(({ notice }) => JSON.parse(notice));
  const bodies: Readonly<Record<string, Body[]>> = {
    agora: notices.map(({ notice }) => JSON.parse(notice)),
    standard,
    batch: [standard],
  };
  for (const format of formats) {
    const { schema } = document.webhooks[format].post.requestBody.content['application/json'];
    const isFit = judge(schema);
    for (const body of bodies[format] ?? []) {
      expect([body, isFit(body)]).toEqual([body, true]);
      const { payload: _p, data: _d, ...part } = body;
      expect([part, isFit(part)]).toEqual([part, false]);
    }
  }
});
