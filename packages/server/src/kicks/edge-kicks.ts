import { type ChannelId, type ChannelKey, idOf } from '../channel/channel.ts';
import { type RuleSubject, scopeOf, whomItPutsOut } from '../channel/rules.ts';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { LogRecord, RuleSet } from '../log/record/record.ts';
import type { Logger } from '../observe/contract.ts';
import { pause } from '../pause.ts';
import type { EdgeVoice, EdgeWords } from './edge-words.ts';

/** Some of those who are put out: at most `transactionMembersMax` memberships. */
export interface PutOut {
  readonly memberships: number;
  /** Resolves when it is durable, with the channels of which somebody was put out. */
  run(): Promise<readonly ChannelKey[]>;
}

export interface EdgeKicksNeeds {
  readonly words: Pick<EdgeWords, 'join'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Pick<Logger, 'error'>;
  /** Whom of this edge the rule puts out, who come from the rule's address. */
  readonly find: (made: MadeByAddress, isMeant: (subject: RuleSubject) => boolean) => Iterable<PutOut>;
}

/** The record of a rule about an address that was just made. */
export type MadeByAddress = RuleSet & { readonly rule: { readonly ip: string } };

/**
 * What one edge does about rules that name an address, which it heeds in the log: it puts out those of its own connections that they mean, in
 * slices, and gives its word when that is done.
 */
export class EdgeKicks {
  readonly #needs: EdgeKicksNeeds;
  readonly #voice: EdgeVoice;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(needs: EdgeKicksNeeds) {
    this.#needs = needs;
    this.#voice = needs.words.join();
  }

  /** A record of the log, in order. */
  absorb(record: LogRecord): void {
    if (!isMadeByAddress(record)) return;
    const work = this.#putOut(record).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** What is under way is done, unless that takes longer than `edgeWordMs`; no rule is heeded from here on. */
  async stop(): Promise<void> {
    if (this.#underWay.size > 0) {
      const done = new AbortController();
      const all = Promise.all(this.#underWay).finally(() => done.abort());
      await Promise.race([all, pause(this.#needs.clock, fixed.edgeWordMs, done.signal)]);
    }
    this.#stopping.abort();
    this.#voice.leave();
  }

  async #putOut(made: MadeByAddress): Promise<void> {
    const { find, logger } = this.#needs;
    const { rule, putsOut = {} } = made;
    const channels = new Set<ChannelId>();
    try {
      for (const slice of slices(find(made, whomItPutsOut(rule, putsOut)))) {
        if (this.#stopping.signal.aborted) return;
        const outs = await Promise.all(slice.map((each) => each.run()));
        for (const key of outs.flat()) channels.add(idOf(key));
      }
      this.#voice.said(rule, channels);
    } catch (cause) {
      logger.error('a rule about an address was not heeded to its end', {
        app: rule.app,
        id: rule.id,
        cause,
      });
    }
  }
}

const isMadeByAddress = (record: LogRecord): record is MadeByAddress =>
  record.type === 'rule-set' && record.putsOut !== undefined && record.rule.ip !== undefined;

/** As many at a time as one transaction may hold memberships. */
function* slices(all: Iterable<PutOut>): IterableIterator<readonly PutOut[]> {
  let slice: PutOut[] = [];
  let memberships = 0;
  for (const each of all) {
    if (slice.length > 0 && memberships + each.memberships > fixed.transactionMembersMax) {
      yield slice;
      slice = [];
      memberships = 0;
    }
    slice.push(each);
    memberships += each.memberships;
  }
  if (slice.length > 0) yield slice;
}

/** Kicks of connections, which a rule has found; each is of one channel, and of as many as one transaction may hold. */
export function* kicksOf(
  log: Pick<Commands, 'submit'>,
  { rule }: MadeByAddress,
  found: Iterable<{ readonly key: ChannelKey; readonly connectionId: string }>,
): IterableIterator<PutOut> {
  const ruleScope = scopeOf(rule);
  const places = new Map<ChannelId, { readonly key: ChannelKey; readonly ids: Set<string> }>();
  for (const { key, connectionId } of found) {
    const place = places.get(idOf(key)) ?? { key, ids: new Set() };
    places.set(idOf(key), place);
    place.ids.add(connectionId);
  }
  for (const { key, ids } of places.values()) {
    const all = [...ids];
    for (let from = 0; from < all.length; from += fixed.transactionMembersMax) {
      const connectionIds = all.slice(from, from + fixed.transactionMembersMax);
      yield {
        memberships: connectionIds.length,
        async run() {
          const outcome = await log.submit(key, { type: 'kick', connectionIds, ruleScope });
          return outcome.ok && outcome.changes.some(({ type }) => type === 'member-left') ? [key] : [];
        },
      };
    }
  }
}
