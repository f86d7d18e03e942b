import { afterEach, describe, expect, test } from 'bun:test';
import {
  helloFrame,
  strictApp,
  type TestSocket,
  TestWorld,
  testApp,
  token,
} from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { limits } from '../limits.ts';
import { buildTokenForBoth } from '../token/build.ts';
import { LinkProofs, linkProofMs } from '../token/link-proof.ts';
import { linkWaitMs } from './awaited-links.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const { debounceMs } = testApp.signaling;
const waitMs = linkWaitMs(testApp);
const memberOf = (uid: number) => {
  const member = world.lobby()?.roster.get(uid);
  if (!member) throw new Error(`${uid} is not in`);
  return member;
};
const linkOf = (uid: number) => {
  const { userId, linkAwaited, unproven } = memberOf(uid);
  return { userId, linkAwaited, unproven };
};
const known = { userId: undefined, linkAwaited: undefined, unproven: true } as const;
const nonceOf = (socket: TestSocket) => socket.welcome.link?.nonce;
/** The answer to a `link` with this proof: `ok`, or the code of the refusal. */
async function answerTo(socket: TestSocket, proof?: string, id = 100): Promise<string> {
  await socket.says({ type: 'link', id, ...(proof !== undefined && { proof }) });
  const answer = socket.frames.findLast(
    (frame) => (frame.type === 'ok' || frame.type === 'error') && frame.id === id,
  );
  return answer?.type === 'error' ? answer.code : (answer?.type ?? 'nothing');
}
const marks = async () => (await world.records()).filter(({ type }) => type === 'person-known').length;
/** Time passes, while this client is there. */
async function passes(socket: TestSocket, byMs: number): Promise<void> {
  for (let rest = byMs; rest > 0; rest -= 500) {
    await world.advance(Math.min(rest, 500));
    socket.handler?.onPong();
  }
}

describe('a proof of the page', () => {
  test('PERSON9: links the member, without an event; the answer has the nonce for another, of somebody else', async () => {
    await begin();
    const page = await world.hello();
    const told = await world.hello({ uid: 1 });
    await told.says({ type: 'subscribe-roster', id: 1 });
    const events = await world.events();
    expect(await answerTo(page, world.proof('ann', nonceOf(page)))).toBe('ok');
    expect(linkOf(42)).toEqual({ userId: 'ann', linkAwaited: undefined, unproven: true });
    expect([await world.events(), told.all('roster-changes')]).toEqual([events, []]);
    const { nonce } = page.one('ok');
    expect(nonce).not.toBe(nonceOf(page));
    expect(await answerTo(page, world.proof('bob', nonce), 2)).toBe('ok');
    expect(linkOf(42)).toMatchObject({ userId: 'bob' });
  });

  test('PERSON8: each attachment has a nonce of its own, and a welcome says who is linked', async () => {
    await begin();
    const page = await world.hello();
    expect(page.welcome.link).toEqual({ nonce: expect.stringMatching(/^[\w-]{24}$/) });
    await answerTo(page, world.proof('ann', nonceOf(page)));
    await page.drops();
    const again = await world.hello({ resume: page.welcome.resume });
    expect(again.welcome.link).toMatchObject({ userId: 'ann' });
    expect(nonceOf(again)).not.toBe(nonceOf(page));
  });

  test('PERSON10: one that is forged, cut, or of another connection, attachment, app or server is refused; nothing changes', async () => {
    await begin();
    const page = await world.hello();
    const other = await world.hello({ uid: 7 });
    const good = world.proof('ann', nonceOf(page));
    const [version, payload = '', mac] = good.split('.');
    const claim = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify(['', 'eve', ...claim.slice(2)])).toString('base64url');
    const ofElsewhere = new LinkProofs(new Uint8Array(32).fill(9));
    const wrong = [
      'nonsense',
      `${version}.${forged}.${mac}`,
      good.slice(0, -2),
      page.welcome.resume,
      world.proof('ann', nonceOf(other)),
      world.proof('ann', ''),
      world.proof('ann', nonceOf(page), { app: strictApp.id }),
      ofElsewhere.issue(
        { app: testApp.id, userId: 'ann', session: 's-ann', nonce: nonceOf(page) ?? '' },
        world.clock.nowMs(),
      ),
      ' ',
      'é',
      'x'.repeat(1_025),
    ];
    for (const [index, proof] of wrong.entries())
      expect([index, await answerTo(page, proof, index)]).toEqual([index, 'link_proof_invalid']);
    expect([linkOf(42), await marks(), page.closed]).toEqual([known, 0, undefined]);
    // Of the attachment before.
    await page.drops();
    const again = await world.hello({ resume: page.welcome.resume });
    expect(await answerTo(again, world.proof('ann', nonceOf(page)))).toBe('link_proof_invalid');
    expect(await answerTo(again, world.proof('ann', nonceOf(again)), 2)).toBe('ok');
  });

  test('PERSON10: one of a session that has ended, or is another user’s, is refused', async () => {
    await begin();
    const page = await world.hello();
    const proof = world.proof('ann', nonceOf(page));
    world.loggedIn.set('ann', 'another session');
    expect(await answerTo(page, proof)).toBe('link_proof_invalid');
    world.loggedIn.delete('ann');
    expect(await answerTo(page, proof, 2)).toBe('link_proof_invalid');
    // It was not spent: the session may be back, with its id, after a restart.
    world.loggedIn.set('ann', 's-ann');
    expect(await answerTo(page, proof, 3)).toBe('ok');
  });

  test('PERSON10: one is good for a minute, and not longer', async () => {
    await begin();
    const page = await world.hello();
    const [first, second] = [world.proof('ann', nonceOf(page)), world.proof('bob', nonceOf(page))];
    const issuedMs = world.clock.nowMs();
    await passes(page, linkProofMs - 1_000);
    expect(world.clock.nowMs()).toBeLessThan(issuedMs + linkProofMs);
    const late = await world.hello({ uid: 7 });
    const lateProof = world.proof('cat', nonceOf(late));
    expect(await answerTo(page, first)).toBe('ok');
    await passes(late, 1_100);
    page.handler?.onPong();
    expect(await answerTo(page, second, 2)).toBe('link_proof_used');
    await passes(late, linkProofMs);
    expect(await answerTo(late, lateProof)).toBe('link_proof_expired');
    expect(linkOf(7)).toEqual(known);
  });

  test('PERSON10: one is good once, however many are sent at once', async () => {
    await begin();
    const page = await world.hello();
    const proof = world.proof('ann', nonceOf(page));
    for (const id of [1, 2, 3]) page.handler?.onText(JSON.stringify({ type: 'link', id, proof }));
    await world.settled();
    await world.settled();
    expect(page.all('ok').map(({ id }) => id)).toEqual([1]);
    expect(page.all('error').map(({ code }) => code)).toEqual(['link_proof_used', 'link_proof_used']);
    expect(await marks()).toBe(1);
  });

  test('PERSON10: one that the log could not take is good still', async () => {
    await begin();
    const page = await world.hello();
    const proof = world.proof('ann', nonceOf(page));
    world.disk.faults.spaceBytesLeft = 0;
    expect(await answerTo(page, proof)).toBe('log_unavailable');
    world.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await passes(page, 1_000);
    expect(await answerTo(page, proof, 2)).toBe('ok');
  });

  test('PERSON12: a flood of them, good or not, is refused beyond the rate of changes; others are not held up', async () => {
    await begin();
    const page = await world.hello();
    const many = limits.memberChangesBurst + 5;
    const codes: string[] = [];
    for (let id = 1; id <= many; id += 1) codes.push(await answerTo(page, `hcl1.x.${id}`, id));
    expect(codes.filter((code) => code === 'rate_limited').length).toBeGreaterThanOrEqual(4);
    expect(new Set(codes)).toEqual(new Set(['link_proof_invalid', 'rate_limited']));
    const other = await world.hello({ uid: 7 });
    expect(await answerTo(other, world.proof('ann', nonceOf(other)))).toBe('ok');
    await passes(page, 10_000);
    expect(await answerTo(page, world.proof('bob', nonceOf(page)), 99)).toBe('ok');
  });

  test('PERSON7: where the app does not link, nothing is asked, heeded or linked', async () => {
    await begin();
    const app = strictApp.id;
    const page = await world.hello({ app, linkAwaited: true });
    expect(page.welcome).not.toHaveProperty('link');
    const nonce = world.linkProofs.nonceOf({ connectionId: page.welcome.connectionId, attachment: 1 });
    expect(await answerTo(page, world.proof('ann', nonce, { app }))).toBe('link_disabled');
    expect(await answerTo(page, undefined, 2)).toBe('link_disabled');
    const member = world.log.channel(liveKey(app, 'lobby'))?.roster.get(42);
    expect(member).not.toHaveProperty('linkAwaited');
    expect(member).not.toHaveProperty('unproven');
    expect(await marks()).toBe(0);
  });
});

describe('a link that is awaited', () => {
  test('PERSON11: none came in one debounce of presence: the member is nobody but itself', async () => {
    await begin();
    const page = await world.hello({ linkAwaited: true });
    expect(linkOf(42)).toMatchObject({ linkAwaited: true });
    await passes(page, waitMs - 100);
    expect(linkOf(42)).toMatchObject({ linkAwaited: true });
    await passes(page, 200);
    expect(linkOf(42)).toEqual(known);
    // A link that is late is one all the same.
    expect(await answerTo(page, world.proof('ann', nonceOf(page)))).toBe('ok');
    expect(linkOf(42)).toMatchObject({ userId: 'ann' });
  });

  test('PERSON11: a page that says that none comes, or proves one, is not waited for; nothing is recorded later', async () => {
    await begin();
    const [none, one] = [
      await world.hello({ linkAwaited: true }),
      await world.hello({ uid: 7, linkAwaited: true }),
    ];
    expect(await answerTo(none)).toBe('ok');
    expect(linkOf(42)).toEqual(known);
    expect(await answerTo(one, world.proof('ann', nonceOf(one)))).toBe('ok');
    expect(linkOf(7)).toMatchObject({ userId: 'ann', linkAwaited: undefined });
    const before = await marks();
    await passes(one, 2 * debounceMs);
    expect([before, await marks()]).toEqual([2, 2]);
  });

  test('PERSON11: it is known in time also without a socket, and resuming does not put it off', async () => {
    await begin();
    const lost = await world.hello({ linkAwaited: true });
    let page = await world.hello({ uid: 7, linkAwaited: true });
    await lost.drops();
    for (const part of [0.3, 0.3, 0.3]) {
      await page.drops();
      await world.advance(part * waitMs);
      page = await world.hello({ uid: 7, resume: page.welcome.resume });
    }
    expect([linkOf(42), linkOf(7)]).toMatchObject([{ linkAwaited: true }, { linkAwaited: true }]);
    await passes(page, 0.1 * waitMs);
    expect([linkOf(42), linkOf(7)]).toEqual([known, known]);
  });

  test('PERSON11: the socket is lost between proof and link: the next attachment has a proof of its own', async () => {
    await begin();
    const page = await world.hello({ linkAwaited: true });
    const proof = world.proof('ann', nonceOf(page));
    await page.drops();
    const again = await world.hello({ resume: page.welcome.resume });
    expect(await answerTo(again, proof)).toBe('link_proof_invalid');
    expect(await answerTo(again, world.proof('ann', nonceOf(again)), 2)).toBe('ok');
    expect(linkOf(42)).toMatchObject({ userId: 'ann', linkAwaited: undefined });
  });

  test('PERSON11: joining anew and anew keeps nobody unseen', async () => {
    await begin();
    const seen: boolean[] = [];
    for (let round = 0; round < 12; round++) {
      const page = await world.hello({ linkAwaited: true });
      await passes(page, 0.6 * waitMs);
      seen.push(linkOf(42)?.linkAwaited === undefined);
    }
    // Once in vain, and then not for a minute.
    expect(seen).toEqual([false, ...Array(11).fill(true)]);
  });

  test('PERSON11: after a restart it is known in time of who does not come back, too', async () => {
    await begin();
    await world.hello({ linkAwaited: true });
    await world.crash();
    await world.start();
    await world.advance(waitMs + 100);
    expect(linkOf(42)).toEqual(known);
  });

  test('PERSON11: after a restart it is awaited again, and a proof of before is none', async () => {
    await begin();
    const page = await world.hello({ linkAwaited: true });
    const proof = world.proof('ann', nonceOf(page));
    await world.crash();
    await world.start();
    await world.settled();
    expect(linkOf(42)).toMatchObject({ linkAwaited: true });
    const again = await world.hello({ resume: page.welcome.resume });
    expect(again.welcome.resumed).toBe(true);
    expect(await answerTo(again, proof)).toBe('link_proof_invalid');
    await passes(again, debounceMs + 100);
    expect(linkOf(42)).toEqual(known);
    await again.drops();
    await world.crash();
    await world.start();
    const third = await world.hello({ resume: page.welcome.resume });
    await answerTo(third, world.proof('ann', nonceOf(third)));
    await world.crash();
    await world.start();
    const last = await world.hello({ resume: page.welcome.resume });
    expect(last.welcome.link?.userId).toBe('ann');
  });

  test('PERSON11: a log that could not be written is asked again', async () => {
    await begin();
    const page = await world.hello({ linkAwaited: true });
    world.disk.faults.spaceBytesLeft = 0;
    await passes(page, debounceMs + 100);
    expect(linkOf(42)).toMatchObject({ linkAwaited: true });
    world.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await passes(page, 3_000);
    expect(linkOf(42)).toEqual(known);
  });

  test('PERSON11: who leaves before is left alone', async () => {
    await begin();
    const page = await world.hello({ linkAwaited: true });
    await page.says({ type: 'bye' });
    await world.advance(2 * debounceMs);
    expect(await marks()).toBe(0);
  });
});

describe('tokens', () => {
  const both = (userId: string, uid = 42) =>
    buildTokenForBoth({
      appId: testApp.id,
      certificate: testApp.certificate ?? '',
      channel: 'lobby',
      identity: { uid },
      userId,
      role: 'broadcaster',
      expireSeconds: 86_400,
      privilegeSeconds: 0,
      issuedSeconds: 1_700_000_000,
      salt: 9,
    });
  const own = () => token({ identity: { uid: 42 } });

  test('PERSON13: one that names both links at the join, at a resume, and when it is renewed', async () => {
    await begin();
    const joined = await world.hello({ token: both('ann') });
    expect(joined.welcome.link?.userId).toBe('ann');
    await joined.says({ type: 'renew-token', id: 1, token: both('bob') });
    expect(linkOf(42)).toEqual({ userId: 'bob', linkAwaited: undefined, unproven: undefined });
    await joined.drops();
    const again = await world.hello({ resume: joined.welcome.resume, token: both('cat') });
    expect(again.welcome.link?.userId).toBe('cat');
    await again.says({ type: 'renew-token', id: 1, token: own() });
    expect(linkOf(42)).toMatchObject({ userId: 'cat' });
    expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
    // A page knows better, from here on.
    expect(await answerTo(again, world.proof('dan', nonceOf(again)), 2)).toBe('ok');
    await again.says({ type: 'renew-token', id: 3, token: both('eve') });
    expect(linkOf(42)).toMatchObject({ userId: 'dan' });
  });

  test('PERSON14: who comes with a token for anybody is unproven; who is named, and who needs no token, is not', async () => {
    await begin();
    await world.hello({ uid: 1, token: token({ identity: { account: '*' } }) });
    await world.hello({ uid: 2 });
    await world.hello({ uid: 42, token: own() });
    expect([linkOf(1), linkOf(2), linkOf(42)].map(({ unproven }) => unproven)).toEqual([
      true,
      true,
      undefined,
    ]);
    expect(helloFrame().uid).toBe(42);
  });
});

describe('who follows the roster', () => {
  test('PERSON15, PERSON16: sees who is linked; of a later link everybody is told, without a seq', async () => {
    await begin();
    const [whole, part] = [await world.hello({ uid: 1 }), await world.hello({ uid: 2 })];
    const page = await world.hello();
    await whole.says({ type: 'subscribe-roster', id: 1 });
    await part.says({ type: 'subscribe-roster', id: 1, view: { first: 10 } });
    const { seq } = part.one('roster-window');
    await answerTo(page, world.proof('ann', nonceOf(page)));
    await world.advance(1_000);
    expect(whole.all('roster-changes')).toEqual([]);
    const { sid } = whole.one('roster-snapshot');
    expect(whole.all('roster-linked')).toEqual([
      { type: 'roster-linked', sid, linked: [{ uid: 42, userId: 'ann' }] },
    ]);
    expect(part.one('roster-window-changes')).toMatchObject({
      after: seq,
      seq,
      changed: [{ uid: 42, userId: 'ann' }],
    });
    const late = await world.hello({ uid: 3 });
    await late.says({ type: 'subscribe-roster', id: 1 });
    const listed = late.one('roster-snapshot').members.map(({ uid, userId }) => [uid, userId]);
    expect(listed).toEqual([
      [1, undefined],
      [2, undefined],
      [42, 'ann'],
      [3, undefined],
    ]);
    await page.says({ type: 'set-role', id: 5, role: 'broadcaster' });
    await page.says({ type: 'bye' });
    await world.advance(1_000);
    expect(
      whole
        .all('roster-changes')
        .flatMap(({ changes }) => changes)
        .filter(({ type }) => type === 'role' || type === 'left'),
    ).toMatchObject([
      { type: 'role', uid: 42, userId: 'ann' },
      { type: 'left', uid: 42, userId: 'ann' },
    ]);
  });

  test('PERSON16: who comes anew is not linked as before, also to a reader that was away, and in one batch of the log', async () => {
    await begin();
    let reader = await world.hello({ uid: 1 });
    await reader.says({ type: 'subscribe-roster', id: 1 });
    await world.join(42);
    await world.submit({ type: 'link', connectionId: 'c42', userId: 'ann' });
    await world.settled();
    const { sid, to } = reader.one('roster-changes');
    expect(reader.one('roster-linked').linked).toEqual([{ uid: 42, userId: 'ann' }]);
    const { resume } = reader.welcome;
    await reader.drops();
    // Linked, gone and there again in one batch; another one stays linked.
    void world.submit({ type: 'link', connectionId: 'c42', userId: 'bob' });
    void world.submit({ type: 'leave', connectionId: 'c42', evidence: 'bye' });
    void world.join(42, { connectionId: 'again' });
    void world.join(43);
    void world.submit({ type: 'link', connectionId: 'c43', userId: 'cat' });
    await world.advance(100);
    reader = await world.hello({ uid: 1, resume });
    await reader.says({ type: 'subscribe-roster', id: 2, sid, after: to });
    expect(reader.all('roster-snapshot')).toEqual([]);
    expect(reader.one('roster-linked').linked).toEqual([{ uid: 43, userId: 'cat' }]);
  });
});
