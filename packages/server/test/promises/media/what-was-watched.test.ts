import { afterEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.ts';
import { openEmbeddedLog } from '../../../src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../../src/engine/embedded/node-disk.ts';
import { decodeRecord } from '../../../src/log/record/codec.ts';
import type { LogRecord, MediaWatched } from '../../../src/log/record/record.ts';
import { payloadTypeOf } from '../../../src/media/embedded/rtp/rtp.ts';
import { createLogger } from '../../../src/observe/logger.ts';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import {
  payloadTypes,
  rtpPacket,
  type SyntheticOptions,
  type SyntheticPeer,
  syntheticPeer,
  vp8Keyframe,
} from '../../../testing/media/synthetic-peer.ts';
import { testApp, testAuthorization, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(
  server: TestServer,
  { kind, bearer, query = '' }: { kind: 'whip' | 'whep'; bearer: string; query?: string },
  onPacket: NonNullable<SyntheticOptions['onPacket']>,
): Promise<SyntheticPeer> {
  const direction = kind === 'whip' ? 'sendonly' : 'recvonly';
  const peer = await syntheticPeer({ direction, kinds: ['video'], video: ['VP8'], onPacket });
  ends.push(() => peer.close());
  const answer = await fetch(`${server.url}/v1/${kind}/${testApp.id}/stage${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${bearer}` },
    body: peer.offerSdp,
  });
  expect(answer.status).toBe(201);
  await peer.accept(await answer.text());
  return peer;
}

/** An encoder that sends keyframes for ever. */
async function host(server: TestServer, uid: number): Promise<void> {
  const peer = await open(server, { kind: 'whip', bearer: tokenFor('stage', { uid }) }, () => undefined);
  let sequence = 0;
  const timer = setInterval(() => {
    sequence += 1;
    const fields = { payloadType: payloadTypes.VP8, sequence, timestamp: sequence * 3_000, ssrc: uid };
    peer.send(rtpPacket({ ...fields, payload: vp8Keyframe(uid) }));
  }, 20);
  ends.push(() => clearInterval(timer));
}

/** All records of a stopped server's folder. */
async function recordsIn(folder: string): Promise<readonly LogRecord[]> {
  const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });
  const disk = await openNodeDisk(folder);
  const store = await openEmbeddedLog({ disk, logger, clock: systemClock() });
  const stored = await store.read('main', 0, 10_000);
  await store.close();
  await disk.close();
  return stored.map(({ payload }) => decodeRecord(payload));
}

test('WATCH1, WATCH2, WATCH4, WATCH5: a viewer of two hosts is marked once, by its stay, and nobody is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-watched-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const server = await startTestServer({ dataDir: folder });
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await server.close();
    isStopped = true;
  };
  ends.push(stop);
  const witness = await Client.join({ url: server.url, channel: 'stage', uid: 50 });
  ends.push(() => witness.drop());
  witness.send({ type: 'subscribe-roster', id: 1 });
  for (const uid of [7, 8]) await host(server, uid);
  await witness.until('both hosts send', () =>
    [7, 8].every((uid) => witness.all('host-streams').some((frame) => frame.uid === uid && frame.video)),
  );
  const viewer = await Client.join({ url: server.url, channel: 'stage', uid: 1 });
  const beganMs = performance.now();
  const seen = { 7: 0, 8: 0 };
  for (const uid of [7, 8] as const)
    await open(server, { kind: 'whep', bearer: viewer.welcome.resume, query: `?host=${uid}` }, (packet) => {
      if (payloadTypeOf(packet) === payloadTypes.VP8) seen[uid] += 1;
    });
  // Some seconds of both at once.
  await until('both are seen for long enough', () => seen[7] > 150 && seen[8] > 150);
  await viewer.leave();
  const secondsMax = Math.ceil((performance.now() - beganMs) / 1000) + 1;
  const events = async () => {
    const answer = await fetch(`${server.url}/v1/apps/${testApp.id}/channels/stage/events`, {
      headers: { authorization: testAuthorization },
    });
    return ((await answer.json()) as { events: { type: string; seq: number }[] }).events;
  };
  const told = await events();
  await stop();

  const records = await recordsIn(folder);
  const marks = records.filter((record): record is MediaWatched => record.type === 'media-watched');
  const changes = records.flatMap((record) => (record.type === 'channel' ? [record.change] : []));
  const join1 = changes.find((change) => change.type === 'member-joined' && change.uid === 1);
  if (join1?.type !== 'member-joined') throw new Error('the viewer is not in the log');
  const ofViewer = marks.filter(({ uid }) => uid === 1);
  expect(ofViewer).toMatchObject([
    { channel: 'stage', sid: join1.sid, joinedSeq: join1.seq, publishedMs: 0 },
  ]);
  // 150 pictures of 20 ms each are in more than two seconds; both hosts together are no more than the time that passed.
  expect((ofViewer[0]?.watchedMs ?? 0) / 1000).toBeWithin(2, secondsMax + 1);
  for (const uid of [7, 8]) {
    const published = marks.filter((mark) => mark.uid === uid);
    expect(published).toHaveLength(1);
    expect(published[0]?.publishedMs).toBeGreaterThanOrEqual(2_000);
    expect(published[0]?.watchedMs).toBe(0);
  }
  // After the leave, without a number in the channel; neither the events nor any frame have it.
  const at = (type: string) =>
    records.findIndex((record) => record.type === 'channel' && record.change.type === type);
  expect(records.indexOf(ofViewer[0] as LogRecord)).toBeGreaterThan(at('member-left'));
  expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
  expect(JSON.stringify([told, witness.frames, viewer.frames])).not.toInclude('watched');
}, 90_000);
