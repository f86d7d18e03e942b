import { expect, test } from 'bun:test';
import { mediaLimits } from '../../limits.ts';
import {
  type Credentials,
  frontOfTransaction,
  frontOfUfrag,
  IceFront,
  type IceFrontOptions,
  type Origin,
} from './ice-front.ts';
import {
  type Address,
  integrityHolds,
  readStun,
  type StunFields,
  type StunMessage,
  writeStun,
} from './stun.ts';

const libraryOwn = { ufrag: 'libr', password: 'the-password-of-the-library' };
const oldClient = { ufrag: 'oldc', password: 'the-old-password-of-the-client' };
const here: Address = { address: '192.0.2.7', port: 4_000 };
const there: Address = { address: '2001:db8::7', port: 4_001 };
const media = Buffer.from([0x80, 96, 1, 2, 3]);
let transactions = 0;
const newTransaction = () => Buffer.from(String(transactions++).padStart(12, '0'));
const clientOf = (name: string): Credentials => ({ ufrag: name, password: `the password of client ${name}` });

/** A front between a client and a library that both are the test; time is a field. Its leg is there, or waited for. */
function bench(options: Partial<IceFrontOptions> = {}) {
  const sent = { library: [] as Buffer[], client: [] as { packet: Buffer; to: Origin }[] };
  const claimed = new Set<string>();
  const made = {
    nowMs: 1_000,
    /** Legs that the front has asked for. */
    wanted: 0,
    sent,
    claimed,
    front: new IceFront({
      id: 77,
      library: { own: libraryOwn, client: oldClient, address: { address: '127.0.0.1', port: 7_000 } },
      toLibrary: (packet) => sent.library.push(packet),
      toClient: (packet, to) => sent.client.push({ packet, to }),
      claim: ({ port }) => claimed.add(String(port)),
      release: ({ port }) => claimed.delete(String(port)),
      isPreferred: false,
      libraryIsConnected: () => true,
      wantLeg: () => {
        made.wanted += 1;
      },
      ...options,
    }),
    /** Packets sent to the library since the last look. */
    toLibrary: () => sent.library.splice(0),
    toClient: () => sent.client.splice(0),
    /** Answers the library's checks as the library would, and checks back once. */
    libraryAgrees() {
      for (const packet of made.toLibrary()) {
        const message = read(packet);
        if (message.type !== 'request') continue;
        made.front.fromLibrary(
          writeStun('success', message.transaction, {}, libraryOwn.password),
          made.nowMs,
        );
      }
    },
    libraryChecks(password = oldClient.password, username = 'oldc:libr') {
      const fields = { username, controlled: Buffer.alloc(8) };
      made.front.fromLibrary(writeStun('request', newTransaction(), fields, password), made.nowMs);
    },
    proved() {
      if (made.front.library === 'away') made.front.open(made.nowMs);
      made.libraryAgrees();
      made.libraryChecks();
      made.libraryAgrees();
      expect(made.front.library).toBe('proved');
      made.toLibrary();
    },
    /** A check of the client's. */
    checks(
      own: Credentials,
      client: Credentials,
      from: Origin,
      fields: StunFields = { controlling: Buffer.alloc(8, 1), useCandidate: true },
      password = own.password,
    ) {
      const username = `${own.ufrag}:${client.ufrag}`;
      const packet = writeStun('request', newTransaction(), { username, priority: 1, ...fields }, password);
      made.front.stunFromClient(packet, read(packet), from, made.nowMs);
    },
    /** Answers the front's checks of this client. */
    answers(client: Credentials, from: (to: Origin) => Origin = (to) => to) {
      for (const { packet, to } of made.toClient()) {
        const message = read(packet);
        if (message.type !== 'request') continue;
        const answer = writeStun('success', message.transaction, {}, client.password);
        made.front.stunFromClient(answer, read(answer), from(to), made.nowMs);
      }
    },
    /** A restart, and the client there. */
    comes(name: string, from: Origin) {
      const client = clientOf(name);
      const own = made.front.restart(client, made.nowMs);
      made.checks(own, client, from);
      made.answers(client);
      return { own, client };
    },
    mediaTo: () => made.toClient().flatMap(({ packet, to }) => (packet.equals(media) ? [to] : [])),
  };
  return made;
}

function read(packet: Buffer): StunMessage {
  const message = readStun(packet);
  if (message === undefined) throw new Error('not STUN');
  return message;
}

test('MEDIA24: the library is asked with the old credentials, and moves only when the client came', () => {
  const { front, toLibrary, proved, comes, libraryAgrees, checks } = bench();
  expect(toLibrary()).toEqual([]);
  front.open(1_000);
  const [first = Buffer.alloc(0)] = toLibrary();
  expect(read(first)).toMatchObject({
    type: 'request',
    username: 'libr:oldc',
    role: 'controlling',
    priority: 0x7fffffff,
    useCandidate: false,
  });
  expect(integrityHolds(first, read(first), libraryOwn.password)).toBe(true);
  expect(frontOfTransaction(read(first).transaction)).toBe(77);
  // Its own answer comes first.
  front.tick(1_000 + mediaLimits.frontCheckMs);
  proved();
  front.tick(2_000);
  expect(toLibrary()).toEqual([]);
  const { own, client } = comes('one', here);
  expect(frontOfUfrag(own.ufrag)).toBe(77);
  const [nomination = Buffer.alloc(0)] = toLibrary();
  expect(read(nomination)).toMatchObject({ username: 'libr:oldc', useCandidate: true });
  // Lost: asked again, until it is answered.
  front.tick(3_000);
  libraryAgrees();
  expect(front.library).toBe('nominated');
  front.tick(4_000);
  checks(own, client, here);
  expect(toLibrary()).toEqual([]);
});

test('MEDIA24: a library that refuses is told apart', () => {
  const { front, toLibrary, nowMs } = bench();
  front.open(nowMs);
  const [first = Buffer.alloc(0)] = toLibrary();
  const forged = writeStun('error', read(first).transaction, { errorCode: 487 }, 'not the password');
  front.fromLibrary(forged, nowMs);
  expect(front.library).toBe('checking');
  front.fromLibrary(
    writeStun('error', read(first).transaction, { errorCode: 487 }, libraryOwn.password),
    nowMs,
  );
  expect(front.library).toBe('refused');
});

test('MEDIA24: packets go both ways once the client has come, and its addresses are claimed', () => {
  const { front, toLibrary, proved, comes, mediaTo, claimed, nowMs } = bench();
  proved();
  comes('one', here);
  toLibrary();
  front.dataFromClient(media, here, nowMs);
  expect(toLibrary()).toEqual([media]);
  front.fromLibrary(media, nowMs);
  expect(mediaTo()).toEqual([here]);
  expect([...claimed]).toEqual(['4000']);
  front.close();
  expect([...claimed]).toEqual([]);
  front.fromLibrary(media, nowMs);
  front.dataFromClient(media, here, nowMs);
  expect([mediaTo(), toLibrary()]).toEqual([[], []]);
});

test('MEDIA25: without the password there is no answer, and without an answer of its own no address gets media', () => {
  const { front, toLibrary, toClient, proved, checks, answers, mediaTo, nowMs } = bench();
  proved();
  const client = clientOf('one');
  const own = front.restart(client, nowMs);
  const controlling = { controlling: Buffer.alloc(8, 1), useCandidate: true };
  checks(own, client, here, controlling, 'not the password');
  checks(own, clientOf('two'), here);
  checks({ ...own, ufrag: 'other' }, client, here);
  checks(libraryOwn, oldClient, here);
  front.dataFromClient(media, here, nowMs);
  expect([toClient(), toLibrary()]).toEqual([[], []]);
  // Right, but from an address that may be forged: an answer and one check, and not a packet more.
  checks(own, client, here);
  checks(own, client, here);
  expect(toClient().map(({ packet }) => read(packet).type)).toEqual(['success', 'request', 'success']);
  front.fromLibrary(media, nowMs);
  front.dataFromClient(media, here, nowMs);
  expect([toClient(), toLibrary()]).toEqual([[], []]);
  // Answered from elsewhere, or with another password: not proved.
  const later = nowMs + mediaLimits.frontCheckMs;
  const retry = () => {
    const packet = writeStun(
      'request',
      newTransaction(),
      { username: `${own.ufrag}:${client.ufrag}`, ...controlling },
      own.password,
    );
    front.stunFromClient(packet, read(packet), here, later);
  };
  retry();
  answers(client, () => there);
  front.fromLibrary(media, later);
  expect(mediaTo()).toEqual([]);
});

test('MEDIA25: a wrong answer to our check proves nothing; a right one does, once', () => {
  const { front, toClient, proved, checks, mediaTo, nowMs } = bench();
  proved();
  const client = clientOf('one');
  const own = front.restart(client, nowMs);
  checks(own, client, here);
  const asked = toClient().map(({ packet }) => read(packet));
  const transaction = asked.find(({ type }) => type === 'request')?.transaction ?? newTransaction();
  const tell = (packet: Buffer) => {
    front.stunFromClient(packet, read(packet), here, nowMs);
    front.fromLibrary(media, nowMs);
    return mediaTo();
  };
  expect(tell(writeStun('success', transaction, {}, 'not the password'))).toEqual([]);
  expect(tell(writeStun('success', newTransaction(), {}, client.password))).toEqual([]);
  expect(tell(writeStun('error', transaction, { errorCode: 400 }, client.password))).toEqual([]);
  // With what the library had said before.
  expect(tell(writeStun('success', transaction, {}, client.password))).toEqual([here, here, here, here]);
});

test('MEDIA25: answers are no longer than what they answer; more addresses than may be are not answered', () => {
  const { front, toClient, proved, checks, nowMs } = bench();
  proved();
  const client = clientOf('one');
  const own = front.restart(client, nowMs);
  const request = writeStun(
    'request',
    newTransaction(),
    { username: `${own.ufrag}:${client.ufrag}`, priority: 1, controlling: Buffer.alloc(8, 1) },
    own.password,
  );
  front.stunFromClient(request, read(request), there, nowMs);
  for (const { packet } of toClient()) expect(packet.length).toBeLessThanOrEqual(request.length);
  checks(own, client, here, { controlled: Buffer.alloc(8) });
  expect(toClient().map(({ packet }) => read(packet).errorCode)).toEqual([487]);
  for (let port = 1; port < mediaLimits.frontPathsMax; port++)
    checks(own, client, { address: '192.0.2.7', port });
  expect(toClient()).toHaveLength(2 * (mediaLimits.frontPathsMax - 1));
  checks(own, client, here);
  expect(toClient()).toEqual([]);
});

test('MEDIA26: restarts in a row move the media; credentials that are not used any more end', () => {
  const made = bench();
  const { front, toClient, proved, comes, checks, mediaTo } = made;
  proved();
  const one = comes('one', here);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
  // Announced, but nobody there yet: the first one goes on, for as long as it takes.
  const client = clientOf('two');
  const own = front.restart(client, made.nowMs);
  for (let i = 0; i < 3; i++) {
    made.nowMs += mediaLimits.frontOverlapMs;
    front.tick(made.nowMs);
    checks(one.own, one.client, here);
    made.answers(one.client);
  }
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
  checks(own, client, there);
  made.answers(client);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([there]);
  // The overlap: answered still, and never chosen again.
  checks(one.own, one.client, here);
  expect(toClient().map(({ packet }) => read(packet).type)).toContain('success');
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([there]);
  made.nowMs += mediaLimits.frontOverlapMs;
  front.tick(made.nowMs);
  checks(one.own, one.client, here);
  expect(toClient()).toEqual([]);
  comes('three', there);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([there]);
});

test('MEDIA26: of several addresses the best that was chosen is used, and another when it falls silent', () => {
  const made = bench();
  const { front, proved, comes, checks, mediaTo } = made;
  proved();
  const { own, client } = comes('one', here);
  const chosen = { controlling: Buffer.alloc(8, 1), useCandidate: true };
  checks(own, client, there, { controlling: Buffer.alloc(8, 1), priority: 9 });
  made.answers(client);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
  checks(own, client, there, { ...chosen, priority: 9 });
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([there]);
  made.nowMs += mediaLimits.frontQuietMs;
  checks(own, client, here, { ...chosen, priority: 1 });
  made.answers(client);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
});

test('MEDIA26: a client that does not answer any more is sent nothing, and not vouched for', () => {
  const made = bench();
  const { front, toLibrary, proved, comes, libraryAgrees, libraryChecks, mediaTo } = made;
  proved();
  comes('one', here);
  libraryAgrees();
  libraryChecks('not the password');
  libraryChecks(oldClient.password, 'oldc:other');
  expect(toLibrary()).toEqual([]);
  made.nowMs += mediaLimits.iceConsentMs - 1;
  libraryChecks();
  expect(toLibrary().map((packet) => read(packet).type)).toEqual(['success']);
  made.nowMs += 1;
  libraryChecks();
  front.fromLibrary(media, made.nowMs);
  front.dataFromClient(media, here, made.nowMs);
  expect([toLibrary(), mediaTo()]).toEqual([[], []]);
});

test('MEDIA26: a client that goes on checking stays proved; addresses left behind are forgotten', () => {
  const made = bench();
  const { front, proved, comes, checks, answers, claimed, mediaTo } = made;
  proved();
  const { own, client } = comes('one', here);
  checks(own, client, there, { controlling: Buffer.alloc(8, 1) });
  answers(client);
  expect(claimed.size).toBe(2);
  for (let passedMs = 0; passedMs <= 2 * mediaLimits.iceConsentMs; passedMs += 2_500) {
    made.nowMs += 2_500;
    checks(own, client, here);
    answers(client);
    front.tick(made.nowMs);
  }
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
  expect([...claimed]).toEqual(['4000']);
});

test('MEDIA26: a restart that nobody came for is void in time', () => {
  const { front, proved, comes, nowMs } = bench();
  proved();
  front.restart(clientOf('one'), nowMs);
  expect(front.expired(nowMs + mediaLimits.frontConnectMs - 1, mediaLimits.frontConnectMs)).toBe(false);
  expect(front.expired(nowMs + mediaLimits.frontConnectMs, mediaLimits.frontConnectMs)).toBe(true);
  comes('two', here);
  expect(front.expired(nowMs + mediaLimits.frontConnectMs, mediaLimits.frontConnectMs)).toBe(false);
});

const zero = { controlling: Buffer.alloc(8), useCandidate: true };

test('MEDIA40: who has the library’s credentials is heard if it needs this way, and a leg is wanted when it means it', () => {
  let isConnected = false;
  for (const [from, fields] of [
    [{ ...here, over: 'tcp' }, undefined],
    [here, zero],
  ] as const) {
    isConnected = false;
    const made = bench({ libraryIsConnected: () => isConnected });
    const { front, checks, answers, toClient } = made;
    // Over UDP, with a tie-breaker that the library takes: it has a port of its own.
    checks(libraryOwn, oldClient, there);
    expect([toClient(), front.isIdle]).toEqual([[], true]);
    checks(libraryOwn, oldClient, from, fields);
    answers(oldClient);
    front.tick(made.nowMs + mediaLimits.frontGraceMs - 1);
    expect(made.wanted).toBe(0);
    made.nowMs += mediaLimits.frontGraceMs;
    front.tick(made.nowMs);
    expect(made.wanted).toBe(1);
    front.open(made.nowMs);
    made.proved();
    front.tick(made.nowMs + mediaLimits.frontCheckMs);
    expect(made.toLibrary().map((packet) => read(packet).useCandidate)).toEqual([true]);
    expect(front.carries).toBeUndefined();
  }
});

test('MEDIA40: a client that the library has found itself must choose this way in two checks', () => {
  const made = bench();
  const { front, checks, answers } = made;
  const from: Origin = { ...here, over: 'tcp' };
  checks(libraryOwn, oldClient, from);
  answers(oldClient);
  made.nowMs += mediaLimits.frontSteadyMs;
  front.tick(made.nowMs);
  // What it chose first and left alone then.
  expect(made.wanted).toBe(0);
  checks(libraryOwn, oldClient, from, { controlling: Buffer.alloc(8, 1), useCandidate: false });
  checks(libraryOwn, oldClient, from);
  answers(oldClient);
  front.tick(made.nowMs);
  expect(made.wanted).toBe(0);
  made.nowMs += mediaLimits.frontSteadyMs;
  checks(libraryOwn, oldClient, from);
  expect(made.wanted).toBe(1);
});

test('MEDIA41: where this way is preferred, the first check with the password wants a leg, whatever it comes over', () => {
  const made = bench({ isPreferred: true, libraryIsConnected: () => false });
  const { front, checks, answers, proved, mediaTo } = made;
  checks(libraryOwn, oldClient, here, undefined, 'not the password');
  expect(made.wanted).toBe(0);
  checks(libraryOwn, oldClient, here, { controlling: Buffer.alloc(8, 1) });
  expect(made.wanted).toBe(1);
  proved();
  answers(oldClient);
  checks(libraryOwn, oldClient, here);
  expect(front.carries).toBeUndefined();
  made.libraryAgrees();
  expect(front.carries).toBe('udp');
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
});

test('MEDIA43: what the library sends before the client’s first choice waits, the newest six packets', () => {
  const made = bench({ isPreferred: true });
  const { front, proved, checks, answers, toClient, nowMs } = made;
  proved();
  const packets = Array.from({ length: 9 }, (_, i) => Buffer.from([0x16, i]));
  for (const packet of packets) front.fromLibrary(packet, nowMs);
  checks(libraryOwn, oldClient, here);
  expect(toClient().some(({ packet }) => packet[0] === 0x16)).toBe(false);
  checks(libraryOwn, oldClient, here);
  made.nowMs += mediaLimits.frontCheckMs;
  checks(libraryOwn, oldClient, here);
  answers(oldClient);
  const sent = toClient().flatMap(({ packet }) => (packet[0] === 0x16 ? [packet[1]] : []));
  expect(sent).toEqual([3, 4, 5, 6, 7, 8]);
  front.fromLibrary(media, made.nowMs);
  expect(toClient()).toHaveLength(1);
});

test('MEDIA42: checks of a session that has ended are answered 400, if they have its password', () => {
  const made = bench({ isPreferred: true });
  const { front, proved, checks, comes, toClient, toLibrary, mediaTo, claimed, nowMs } = made;
  proved();
  checks(libraryOwn, oldClient, there);
  const { own, client } = comes('one', here);
  toClient();
  front.leave();
  front.end();
  toLibrary();
  expect(claimed.size).toBe(0);
  checks(own, client, here, undefined, 'not the password');
  expect(toClient()).toEqual([]);
  checks(own, client, here);
  checks(own, client, there);
  checks(libraryOwn, oldClient, there);
  const answers = toClient();
  expect(answers.map(({ packet }) => read(packet).errorCode)).toEqual([400, 400, 400]);
  expect(answers.every(({ packet }) => integrityHolds(packet, read(packet), own.password))).toBe(false);
  expect(integrityHolds(answers[0]?.packet ?? media, read(answers[0]?.packet ?? media), own.password)).toBe(
    true,
  );
  front.dataFromClient(media, here, nowMs);
  expect([mediaTo(), toLibrary(), claimed.size]).toEqual([[], [], 0]);
});

test('MEDIA52: a client that goes on from another address is followed at once, without a restart', () => {
  const made = bench();
  const { front, proved, comes, checks, answers, mediaTo, nowMs } = made;
  proved();
  const { own, client } = comes('one', here);
  made.nowMs = nowMs + 100;
  front.dataFromClient(media, here, made.nowMs);
  made.nowMs += 100;
  // The network that is left has a lower priority. The other one says nothing any more.
  checks(own, client, there, { controlling: Buffer.alloc(8, 1), useCandidate: true, priority: 0 });
  answers(client);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([there]);
  // It was a quick choice among two that are there: the better one it is, when it is heard again.
  made.nowMs += 100;
  checks(own, client, here);
  answers(client);
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([here]);
  // A check that does not choose is no choice.
  checks(own, client, here, { controlling: Buffer.alloc(8, 1) });
  checks(own, client, there, { controlling: Buffer.alloc(8, 1), useCandidate: true, priority: 0 });
  front.fromLibrary(media, made.nowMs);
  expect(mediaTo()).toEqual([there]);
});
