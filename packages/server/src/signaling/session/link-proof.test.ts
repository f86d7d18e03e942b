import { afterEach, expect, test } from 'bun:test';
import { app, leaseMs, SignalingWorld } from '../../../testing/worlds/signaling-world.ts';
import { limits } from '../../limits.ts';
import { LinkProofs, linkProofMs } from '../../token/link-proof.ts';
import type { SignalingApp } from '../names/app.ts';

let world: SignalingWorld | undefined;
async function begin(changes: Partial<SignalingApp> = {}): Promise<SignalingWorld> {
  world = await SignalingWorld.start(changes);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const proofs = new LinkProofs(new Uint8Array(32).fill(7));
const claimOf = (answer: object) =>
  proofs.read((answer as { readonly result?: { readonly proof?: string } }).result?.proof ?? '');

test('PERSON9: a session is issued a proof that it is its user’s, for the nonce that it names, for a minute', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const issuedMs = w.clock.nowMs();
  const answer = await ann.asks({ type: 'link-proof', nonce: 'N1' });
  const { endsMs, ...claim } = claimOf(answer) ?? { endsMs: 0 };
  expect(claim).toEqual({ app: app.id, userId: 'ann', session: ann.welcome.session.id, nonce: 'N1' });
  expect(endsMs).toBeGreaterThanOrEqual(issuedMs + linkProofMs);
  expect(endsMs).toBeLessThan(issuedMs + linkProofMs + 1_000);
});

test('PERSON9: a nonce that can be none is refused', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  for (const nonce of [undefined, '', 5, 'x'.repeat(65), { x: 1 }])
    expect(await ann.asks({ type: 'link-proof', nonce })).toMatchObject({ type: 'refused', code: -10014 });
});

test('PERSON9: proofs count against the usual rate of requests', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  let refused = 0;
  for (let ask = 0; ask < limits.signalingRequestsPerSecondMax * 5 + 20 && refused === 0; ask += 1)
    if ((await ann.asks({ type: 'link-proof', nonce: 'n' })).type === 'refused') refused = ask;
  expect(refused).toBeGreaterThan(limits.signalingRequestsPerSecondMax / 2);
  expect((await (await w.login('bob')).asks({ type: 'link-proof', nonce: 'n' })).type).toBe('ok');
});

test('PERSON7: where the app does not link, no proof is issued', async () => {
  const w = await begin({ linkIdentities: false });
  const ann = await w.login('ann');
  expect(await ann.asks({ type: 'link-proof', nonce: 'n' })).toMatchObject({ type: 'refused', code: -10012 });
});

test('PERSON10: a session is there until it ends: also while its client may come back, and not once it has logged out', async () => {
  const w = await begin();
  const [ann, bob, cat] = [await w.login('ann'), await w.login('bob'), await w.login('cat')];
  const isThere = (userId: string, { welcome }: typeof ann, of = app.id) =>
    w.signaling.hasSession(of, userId, welcome.session.id);
  expect([isThere('ann', ann), isThere('bob', ann), isThere('ann', ann, 'f'.repeat(32))]).toEqual([
    true,
    false,
    false,
  ]);
  await bob.drops();
  await cat.says({ type: 'logout' });
  expect([isThere('bob', bob), isThere('cat', cat)]).toEqual([true, false]);
  await w.login('ann');
  expect(isThere('ann', ann)).toBe(false);
  await w.advance(3 * leaseMs);
  expect(isThere('bob', bob)).toBe(false);
});
