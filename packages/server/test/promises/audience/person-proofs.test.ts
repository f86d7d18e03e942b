import { afterEach, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { RtmTokenBuilder } from 'agora-token';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { answerToLink, proofFor } from '../../../testing/clients/page-link.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { type FakedTime, fakedTime, faketimeLibrary } from '../../../testing/processes/faked-time.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
} from '../../../testing/processes/server-process.ts';

/** Proofs over raw sockets, of a whole server: whoever is not the user they say is refused by code, and stays who they were. */

const library = faketimeLibrary();
const isInCi = process.env.CI === 'true' || process.env.CI === '1';
if (!library && isInCi) throw new Error('libfaketime (Debian: faketime) is not installed.');
const timed = library ? test : test.skip;

const other = { id: 'ffff456789abcdef0123456789abcdef', certificate: 'ffffba9876543210fedcba9876543210' };
const apart = { id: 'eeee456789abcdef0123456789abcdef', certificate: 'eeeeba9876543210fedcba9876543210' };
const channel = 'lobby';
let server: ServerProcess;
let time: FakedTime | undefined;
const sockets: { drop(): void }[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.drop();
  await server.close();
  await time?.close();
  time = undefined;
});

async function begin(environment = {}): Promise<void> {
  const apps = [testApp, other, { ...apart, linkIdentities: false }];
  const leases = { rtcMs: 30_000, signalingMs: 30_000, recoveryMs: 30_000 };
  server = await startServerProcess({ apps, leases }, environment);
}

async function member(uid: number, over: object = {}, app = testApp): Promise<Client & { nonce: string }> {
  const token = tokenFor(channel, { uid }, 'audience', app);
  const client = await Client.join({
    url: server.url,
    channel,
    uid,
    hello: { app: app.id, token },
    ...over,
  });
  sockets.push(client);
  return Object.assign(client, { nonce: client.welcome.link?.nonce ?? '' });
}

async function user(userId: string, app = testApp): Promise<SignalingClient> {
  const token = RtmTokenBuilder.buildToken(app.id, app.certificate, userId, 3600);
  const client = await SignalingClient.login(server.url, userId, { app: app.id, token });
  sockets.push(client);
  return client;
}

/** Every member of the live channel, `uid userId`. */
async function members(): Promise<string[]> {
  const { body } = await ask(server.url, `/v1/apps/${testApp.id}/channels/${channel}/roster`);
  return body.members.map(({ uid, userId }: { uid: number; userId?: string }) => `${uid} ${userId ?? '-'}`);
}

test('SDK115: a forged, altered, foreign or reused proof is refused by code, and changes nothing', async () => {
  await begin();
  const [page, thief, ann, eve] = [await member(11), await member(12), await user('ann'), await user('eve')];
  const proof = await proofFor(ann, page.nonce);
  const [version, claim = '', mac] = proof.split('.');
  const parts = JSON.parse(Buffer.from(claim, 'base64url').toString());
  const altered = parts.map((part: unknown) => (part === 'ann' ? 'eve' : part));
  const forged = Buffer.from(JSON.stringify(altered)).toString('base64url');
  for (const [what, bad] of [
    ['of another user, under the mac of this one', `${version}.${forged}.${mac}`],
    ['with a mac of one’s own', `${version}.${claim}.${randomBytes(32).toString('base64url')}`],
    ['cut off', proof.slice(0, -1)],
    ['with more', `${proof}.more`],
    ['no proof at all', 'proof'],
    ['a resume key', page.welcome?.resume ?? ''],
    ['a signaling session’s key', ann.welcome.session.key],
    ['about the nonce of another connection', await proofFor(ann, thief.nonce)],
    ['about no nonce that there is', await proofFor(ann, 'n'.repeat(24))],
    ['with a blank', `${proof} `],
    ['too long', 'p'.repeat(1_025)],
  ] as const)
    expect([what, await answerToLink(page, bad)]).toEqual([what, 'link_proof_invalid']);
  expect(await answerToLink(thief, proof)).toBe('link_proof_invalid');
  expect((await members()).sort()).toEqual(['11 -', '12 -']);

  expect(await answerToLink(page, proof)).toBe('ok');
  expect(await answerToLink(page, proof)).toBe('link_proof_used');
  expect(await answerToLink(page, await proofFor(eve, page.nonce))).toBe('link_proof_used');
  expect(await answerToLink(thief, proof)).toBe('link_proof_invalid');
  expect((await members()).sort()).toEqual(['11 ann', '12 -']);
  expect(page.closed ?? thief.closed).toBeUndefined();
}, 120_000);

test('SDK115: a proof is of one server, app, session and connection', async () => {
  await begin();
  const page = await member(11);
  const [ann, foreign] = [await user('ann'), await user('ann', other)];
  expect(await answerToLink(page, await proofFor(foreign, page.nonce))).toBe('link_proof_invalid');
  // Of a session that is over.
  const left = await proofFor(ann, page.nonce);
  ann.send({ type: 'logout' });
  await ann.until('the end', () => ann.closed);
  expect(await answerToLink(page, left)).toBe('link_proof_invalid');
  // Of the connection before, once the member has another.
  const again = await user('ann');
  const before = await proofFor(again, page.nonce);
  page.drop();
  const back = await member(11, { resume: page.welcome?.resume });
  expect(back.welcome?.resumed).toBe(true);
  expect(await answerToLink(back, before)).toBe('link_proof_invalid');
  expect(await members()).toEqual(['11 -']);
  expect(await answerToLink(back, await proofFor(again, back.nonce))).toBe('ok');
  expect(await members()).toEqual(['11 ann']);
  // A logout leaves the member who it is; and over kill -9 the link is there.
  again.send({ type: 'logout' });
  await again.until('the end', () => again.closed);
  await server.kill();
  await server.restart();
  const after = await member(11, { resume: back.welcome?.resume });
  expect(after.welcome).toMatchObject({ resumed: true, link: { userId: 'ann' } });
  expect(await members()).toEqual(['11 ann']);
}, 120_000);

test('SDK115: an app without links gives no nonce and no proof, and takes none', async () => {
  await begin();
  const page = await member(11, {}, apart);
  expect(page.welcome).not.toHaveProperty('link');
  expect(await answerToLink(page, 'proof')).toBe('link_disabled');
  const answer = await (await user('ann', apart)).asks({ type: 'link-proof', nonce: 'n'.repeat(24) });
  expect(answer).toMatchObject({ type: 'refused' });
}, 120_000);

timed(
  'SDK115: a proof that comes more than a minute late is refused by code',
  async () => {
    time = await fakedTime(library ?? '');
    await begin(time.environment);
    const [page, ann] = [await member(11), await user('ann')];
    const proof = await proofFor(ann, page.nonce);
    await time.set(90);
    expect(await answerToLink(page, proof)).toBe('link_proof_expired');
    expect(await members()).toEqual(['11 -']);
    expect(await answerToLink(page, await proofFor(ann, page.nonce))).toBe('ok');
    expect(await members()).toEqual(['11 ann']);
  },
  120_000,
);
