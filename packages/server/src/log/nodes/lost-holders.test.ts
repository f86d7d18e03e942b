import { expect, test } from 'bun:test';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import { asRecord } from '../../../testing/worlds/records.ts';
import type { Channel, ChannelKey } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../../channel/command.ts';
import type { JoinRequest } from '../contract/commands.ts';
import { decideCommand } from '../decide/command.ts';
import type { Decided } from '../decide/decided.ts';
import { decideJoin } from '../decide/join.ts';
import type { LogState } from '../state/state.ts';

const [app, other] = ['0123456789abcdef0123456789abcdef', 'f'.repeat(32)];
const leaseMs = 10_000;
const ttlMs = 20_000;
const lostMs = 100_000;
const leaseEndsMs = lostMs + 15_000;
const hall = (of = app): ChannelKey => ({ app: of, kind: 'message', name: 'hall' });
const home = (userId: string, of = app): ChannelKey => ({ app: of, kind: 'user', name: userId });

/** What the log decides and folds, while two nodes are up. */
class TwoNodes {
  readonly state: LogState = emptyState();
  readonly #random = new SimRandom(3);

  constructor() {
    for (const on of [1, 2])
      this.state.absorb(asRecord({ type: 'node-up', atMs: 1, on, node: `n${on}`, incarnation: `i${on}` }));
  }

  /** The user logs in at this node. */
  login(userId: string, on: number, of = app, nowMs = 1_000): void {
    const request: JoinRequest = {
      key: home(userId, of),
      identity: { account: userId },
      connectionId: `session of ${userId}`,
      connectionKind: 'signaling',
      role: 'audience',
      platform: 0,
      leaseMs,
      attempt: 0,
      ip: '',
    };
    this.#fold(decideJoin(this.state, request, this.#random, nowMs, on));
  }

  does(key: ChannelKey, command: Exclude<ChannelCommand, JoinCommand>, nowMs = 1_000): void {
    this.#fold(decideCommand(this.state, key, command, nowMs));
  }

  /** The user has a lock of their own. */
  locks(name: string, of = app): void {
    this.does(hall(of), { type: 'set-lock', name, ttlMs, by: name });
    this.does(hall(of), { type: 'acquire-lock', name, by: name });
  }

  loses(on: number, more: object = {}): void {
    const lost = {
      on,
      node: `n${on}`,
      incarnation: `i${on}`,
      atMs: lostMs,
      lastAliveMs: lostMs,
      leaseEndsMs,
    };
    const record = asRecord({ type: 'node-lost', ...lost, ...more });
    // What is decided next in the same batch sees it as well.
    const draft = this.state.draft();
    draft.absorb(record);
    const drafted = [hall(), hall(other)].map((key) => draft.channel(key));
    this.state.absorb(record);
    expect([hall(), hall(other)].map((key) => this.state.channel(key))).toEqual(drafted);
  }

  /** When each lock runs out; undefined: it is held. */
  ends(of = app): Record<string, number | undefined> {
    const { locks }: Channel = this.state.channel(hall(of));
    return Object.fromEntries(Object.values(locks).map(({ name, endsMs }) => [name, endsMs]));
  }

  #fold(decided: Decided): void {
    if (!decided.ok) throw new Error(decided.code);
    for (const record of decided.records) this.state.absorb(record);
  }
}

test('SIG199: of several nodes one is lost: the locks run out of those whose session was there, and no others', () => {
  const nodes = new TwoNodes();
  for (const [userId, on] of Object.entries({ ann: 1, bob: 2, cid: 1, dan: 1, eve: 1 })) {
    nodes.login(userId, on);
    nodes.locks(userId);
  }
  // The same name at another app is somebody else.
  nodes.login('ann', 2, other);
  nodes.locks('ann', other);
  // One that the owner of the server has, without a session.
  nodes.locks('backend');
  // Whoever has come to the other node is there, and whoever has gone runs out already.
  nodes.does(home('cid'), { type: 'resume', connectionId: 'session of cid', on: 2 }, 2_000);
  const offline = { type: 'lock-holder', owner: 'dan', offlineSinceMs: 90_000 } as const;
  nodes.does(home('dan'), { type: 'leave', connectionId: 'session of dan', evidence: 'bye' }, 90_000);
  nodes.does(hall(), offline, 90_000);
  nodes.loses(1);
  const run = leaseEndsMs + ttlMs;
  expect(nodes.ends()).toEqual({
    ann: run,
    bob: undefined,
    cid: undefined,
    dan: 110_000,
    eve: run,
    backend: undefined,
  });
  expect(nodes.ends(other)).toEqual({ ann: undefined });

  // Who is back in time, at the node that is there, keeps theirs; the other's is free once its time has run.
  nodes.does(home('ann'), { type: 'resume', connectionId: 'session of ann', on: 2 }, lostMs + 5_000);
  nodes.does(hall(), { type: 'lock-holder', owner: 'ann', offlineSinceMs: undefined }, lostMs + 5_000);
  expect(nodes.ends().ann).toBeUndefined();
  nodes.does(home('eve'), { type: 'tick' }, leaseEndsMs);
  expect(nodes.state.channel(home('eve')).sid).toBeUndefined();
  nodes.does(hall(), { type: 'tick' }, run - 1);
  expect(nodes.state.channel(hall()).locks.eve?.owner).toBe('eve');
  nodes.does(hall(), { type: 'tick' }, run);
  const owners = Object.values(nodes.state.channel(hall()).locks).map(({ name, owner }) => [name, owner]);
  expect(Object.fromEntries(owners)).toEqual({
    ann: 'ann',
    bob: 'bob',
    cid: 'cid',
    dan: undefined,
    eve: undefined,
    backend: 'backend',
  });
});

test('SIG199: where the last node is lost nobody is known to be there: every lock runs out', () => {
  const nodes = new TwoNodes();
  for (const [userId, on] of Object.entries({ ann: 1, bob: 2 })) {
    nodes.login(userId, on);
    nodes.locks(userId);
  }
  nodes.locks('backend');
  nodes.loses(1);
  nodes.loses(2, { wasLast: true, leaseEndsMs: leaseEndsMs + 1 });
  const run = leaseEndsMs + 1 + ttlMs;
  expect(nodes.ends()).toEqual({ ann: run, bob: run, backend: run });
});
