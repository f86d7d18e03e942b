// The packages that customers install, as they are built, in plain Node: no window, no Bun, no TypeScript.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const fixture = (name) =>
  JSON.parse(readFileSync(new URL(`../packages/protocol/fixtures/${name}`, import.meta.url), 'utf8'));

test('SDK: importing @housecount/rtc needs no window and has no effect', async () => {
  const before = Object.keys(globalThis);
  const module = await import('../packages/rtc/dist/housecount-rtc.esm.js');
  assert.deepEqual(Object.keys(globalThis), before);
  assert.equal(typeof module.default.createClient, 'function');
  assert.match(module.default.VERSION, /^\d+\.\d+/);
  assert.equal(module.AgoraRTCErrorCode.INVALID_PARAMS, 'INVALID_PARAMS');
});

test('HOOK: @housecount/webhook verifies the published vectors and reads a notice', async () => {
  const { verify, parseNotice } = await import('../packages/webhook/dist/index.js');
  const vectors = fixture('notice-signatures.json');
  assert.ok(vectors.length >= 3);
  for (const { secret, body, sha1, sha256 } of vectors) {
    assert.equal(createHmac('sha256', secret).update(body).digest('hex'), sha256);
    assert.equal(await verify(body, { 'agora-signature-v2': sha256 }, secret), true);
    assert.equal(await verify(body, new Headers({ 'Agora-Signature': sha1 }), secret), true);
    assert.equal(await verify(`${body} `, { 'agora-signature-v2': sha256 }, secret), false);
    assert.equal(await verify(body, { 'agora-signature-v2': sha256 }, `${secret}x`), false);
  }
  const [first] = fixture('notices.json').filter(({ event }) => event.type === 'member-joined');
  const notice = parseNotice(first.notice);
  assert.equal(notice.uid, first.event.uid);
  assert.equal(notice.seq, first.event.seq);
});
