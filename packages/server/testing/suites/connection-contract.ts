import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Member } from '../../src/channel/membership/member.ts';
import { fixed } from '../../src/fixed-limits.ts';
import { limits } from '../../src/limits.ts';
import type { Socket, SocketHandler } from '../../src/net/socket/socket.ts';

/** A client in memory, of either protocol. */
export interface Peer extends Socket {
  readonly frames: readonly { readonly type: string }[];
  readonly closed: { readonly code: number; readonly reason: string } | undefined;
  readonly pings: number;
  backlog: number;
  answersPings: boolean;
  readonly handler: SocketHandler | undefined;
  says(frame: object | string): Promise<unknown>;
  drops(): Promise<void>;
}

/** Connections of one protocol, over a real log. */
export interface ConnectionsUnderTest {
  readonly frameBytesMax: number;
  /** Frames that may come at once. */
  readonly framesAtOnceMax: number;
  /** Says nothing yet. */
  connect(): Peer;
  /** Connects, says who it is, and becomes a member. */
  enter(): Promise<Peer>;
  /** Comes back with what the former one was given. */
  resume(former: Peer): Promise<Peer>;
  /** A request that the log decides. */
  decided(id: number): object;
  /** The member, as the log has it. */
  member(): Member | undefined;
  advance(byMs: number): Promise<void>;
  settled(): Promise<void>;
  stop(retryAfterMs: number): Promise<void>;
  remove(): Promise<void>;
}

/** The contract of net/session/: what connections do alike, whatever they speak. */
export function connectionSuite(name: string, make: () => Promise<ConnectionsUnderTest>): void {
  describe(`a connection of ${name}`, () => {
    let under: ConnectionsUnderTest;

    beforeEach(async () => {
      under = await make();
    });
    afterEach(() => under.remove());

    const ping = { type: 'ping' };
    const closing = ({ frames }: Peer) => frames.filter(({ type }) => type === 'closing');
    const answers = ({ frames }: Peer) =>
      frames.flatMap((frame) => {
        if ('id' in frame && frame.type !== 'pong') return [frame.id];
        return frame.type === 'pong' ? ['pong'] : [];
      });
    const sweepMs = 2 * fixed.sweepMs;

    test('KIT1: says who it is in time and first of all, or is closed', async () => {
      const [quiet, hasty, chatty] = [under.connect(), under.connect(), under.connect()];
      await hasty.says(ping);
      expect(hasty.closed?.reason).toBe('frame_unexpected');
      await under.advance(limits.helloMs - 1_000);
      // A frame that counts for nothing does not keep it waiting.
      chatty.handler?.onPong();
      expect([quiet.closed, chatty.closed]).toEqual([undefined, undefined]);
      await under.advance(1_000 + sweepMs);
      expect([quiet.closed?.reason, chatty.closed?.reason]).toEqual(['hello_timeout', 'hello_timeout']);
      expect([quiet, hasty].map((peer) => closing(peer).length)).toEqual([1, 1]);
    });

    test('KIT2: a binary frame, one that is too long, and more than its rate end it; the member is silent', async () => {
      const refusals = {
        frame_not_json: (peer: Peer) => peer.handler?.onBinary(),
        frame_too_large: (peer: Peer) => peer.handler?.onText('é'.repeat(under.frameBytesMax / 2 + 1)),
        rate_limited: (peer: Peer) => {
          for (let frame = 0; frame <= under.framesAtOnceMax; frame++)
            peer.handler?.onText(JSON.stringify(ping));
        },
      };
      let peer = await under.enter();
      for (const [reason, does] of Object.entries(refusals)) {
        does(peer);
        await under.settled();
        expect(peer.closed?.reason).toBe(reason);
        expect(closing(peer)).toHaveLength(1);
        expect(under.member()?.link.state).toBe('silent');
        peer = await under.resume(peer);
        expect(under.member()?.link.state).toBe('live');
      }
    });

    test('KIT2: what was taken comes back with time', async () => {
      const peer = await under.enter();
      for (let round = 0; round < 3; round++) {
        for (let frame = 0; frame < under.framesAtOnceMax / 2; frame++)
          peer.handler?.onText(JSON.stringify(ping));
        await under.advance(3_000);
      }
      expect(peer.closed).toBeUndefined();
    });

    test('KIT3: frames are done in order, also while one is being decided', async () => {
      const peer = await under.enter();
      const before = answers(peer).length;
      for (const frame of [under.decided(901), ping, under.decided(902), under.decided(903), ping])
        peer.handler?.onText(JSON.stringify(frame));
      expect(answers(peer)).toHaveLength(before);
      await under.settled();
      await under.settled();
      await under.settled();
      expect(answers(peer).slice(before)).toEqual([901, 'pong', 902, 903, 'pong']);
      await peer.says(ping);
      expect(answers(peer).slice(before + 5)).toEqual(['pong']);
    });

    test('KIT4: who is quiet is asked once for a sign of life; a silent one is told to the log, and heard again without an event', async () => {
      const peer = await under.enter();
      const { joinedSeq } = under.member() ?? {};
      peer.answersPings = false;
      await under.advance(fixed.pingMs - 1_000);
      expect(peer.pings).toBe(0);
      await under.advance(1_000 + sweepMs);
      expect([peer.pings, under.member()?.link.state]).toEqual([1, 'live']);
      await under.advance(fixed.silentMs - fixed.pingMs + sweepMs);
      expect([peer.pings, under.member()?.link.state]).toEqual([1, 'silent']);
      await peer.says(ping);
      expect(under.member()).toMatchObject({ link: { state: 'live' }, joinedSeq: joinedSeq ?? 0 });
      await under.advance(fixed.pingMs + sweepMs);
      expect(peer.pings).toBe(2);
    });

    test('KIT5: a socket that is lost makes the member silent at once; who comes back within the lease is in as before', async () => {
      const peer = await under.enter();
      const { joinedSeq } = under.member() ?? {};
      await peer.drops();
      expect(under.member()?.link.state).toBe('silent');
      await under.advance(3_000);
      const again = await under.resume(peer);
      expect(under.member()).toMatchObject({ link: { state: 'live' }, joinedSeq: joinedSeq ?? 0 });
      const third = await under.resume(again);
      expect([again.closed?.reason, third.closed]).toEqual(['replaced', undefined]);
      await under.advance(3_000);
      expect(under.member()).toMatchObject({ link: { state: 'live' }, joinedSeq: joinedSeq ?? 0 });
      third.handler?.onBinary();
      await under.advance(60_000);
      expect(under.member()).toBeUndefined();
    });

    test('KIT6: who reads too slowly is told so, and is silent', async () => {
      const peer = await under.enter();
      peer.backlog = limits.socketBacklogBytesMax + 1;
      await under.advance(sweepMs);
      expect(peer.closed?.reason).toBe('slow_reader');
      expect(closing(peer)).toMatchObject([{ retry: true, retryAfterMs: 0 }]);
      expect(under.member()?.link.state).toBe('silent');
    });

    test('KIT6: a socket that does not close when it is told to is cut', async () => {
      const peer = under.connect();
      let cuts = 0;
      Object.assign(peer, { close: () => undefined, terminate: () => (cuts += 1) });
      peer.handler?.onBinary();
      await under.advance(limits.closingMs - sweepMs);
      expect(cuts).toBe(0);
      await under.advance(2 * sweepMs);
      expect(cuts).toBeGreaterThan(0);
      const before = cuts;
      peer.handler?.onClosed();
      await under.advance(2 * sweepMs);
      expect(cuts).toBe(before);
    });

    test('KIT7: a server that stops tells everybody when to come back, and takes nobody in; members stay', async () => {
      const peer = await under.enter();
      await under.stop(2_000);
      expect(closing(peer)).toMatchObject([{ code: 'going_away', retry: true, retryAfterMs: 2_000 }]);
      expect(under.connect().closed?.reason).toBe('going_away');
      expect(under.member()?.link.state).toBe('live');
    });
  });
}
