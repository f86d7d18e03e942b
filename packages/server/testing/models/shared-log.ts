import type { Place } from '../../src/engine/contract.ts';
import { chainBegin, encodeBatch } from '../../src/engine/embedded/batch.ts';
import { decideMessage } from '../../src/log/decide/message.ts';
import type { Asked } from '../../src/log/ownership/asked.ts';
import type { Authorship } from '../../src/log/ownership/ownership.ts';
import { decodeRecord, encodeRecord } from '../../src/log/record/codec.ts';
import { LogState } from '../../src/log/state/state.ts';

/** A batch that a node sends, whether it is stored or not. Each is made once, and is equal to itself alone. */
export interface SentBatch extends Authorship {
  /** Tells it from every other one that is made in any order of things. */
  readonly number: number;
  readonly id: string;
  /** The log that the node had folded when it decided what is in it. */
  readonly decidedOn: SharedLog;
  readonly asked: readonly Asked[];
  readonly payloads: readonly Uint8Array[];
}

/** What all logs of one beginning, and the batches that are sent to them, have in common. */
interface Family {
  readonly byChain: Map<string, SharedLog>;
  readonly sent: Map<string, SentBatch>;
}

const atMs = 1_700_000_000_000;
const encoder = new TextEncoder();

/**
 * A log that several nodes append to, as a value: with each batch it becomes another one. The batches are those of the embedded
 * engine, byte for byte, and so are its places; what is folded and decided is what the server folds and decides.
 */
export class SharedLog {
  /** Tells it from every other log of the same beginning. */
  readonly number: number;
  readonly #family: Family;
  readonly #after = new Map<SentBatch, SharedLog>();
  #state: LogState | undefined;

  private constructor(
    readonly end: Place,
    readonly batches: readonly SentBatch[],
    /** It, up to each of its batches. */
    readonly prefixes: readonly SharedLog[],
    family: Family,
  ) {
    this.number = family.byChain.size;
    this.#family = family;
    family.byChain.set(end.chain, this);
  }

  static empty(): SharedLog {
    const end = { position: 0, chain: chainBegin(0, new Uint8Array()) };
    return new SharedLog(end, [], [], { byChain: new Map(), sent: new Map() });
  }

  /** The log with one batch more. */
  with(batch: SentBatch): SharedLog {
    const known = this.#after.get(batch);
    if (known) return known;
    const [incarnation = '', number] = batch.id.split('/');
    const plan = { after: this.end, incarnation, number: Number(number) };
    const { count, chain } = encodeBatch({ atMs, transactions: [batch.payloads] }, plan);
    const end = { position: this.end.position + count, chain };
    const log = new SharedLog(end, [...this.batches, batch], [...this.prefixes, this], this.#family);
    this.#after.set(batch, log);
    return log;
  }

  /** The part of it, or of another log of its beginning, that ends there. */
  upTo(place: Place): SharedLog {
    const found = this.#family.byChain.get(place.chain);
    if (!found) throw new Error(`nothing ends at ${place.position}`);
    return found;
  }

  /** The batch after a place. */
  next(place: Place): { readonly batch: SentBatch; readonly id: string; readonly end: Place } | undefined {
    const at = this.upTo(place).batches.length;
    const batch = this.batches[at];
    return batch && { batch, id: batch.id, end: (this.prefixes[at + 1] ?? this).end };
  }

  /** A claim by a node that has folded all of it. */
  claim(id: string, authorship: Authorship): SentBatch {
    return this.#sent({ ...authorship, id, asked: [] }, () => [
      encoder.encode(JSON.stringify({ type: 'claimed', ...authorship })),
    ]);
  }

  /** A message to be kept, decided by the server's own decider at a node that has folded all of it. */
  message(id: string, writer: string, text: string, asked: readonly Asked[] = []): SentBatch {
    return this.#sent({ id, writer, asked }, () => this.decided(text));
  }

  /** The records of a message that is decided here. */
  decided(text: string): readonly Uint8Array[] {
    const place = { app: 'app', channelType: 'MESSAGE', channel: 'x' } as const;
    const message = { ...place, publisher: 'ann', content: { text } };
    const decided = decideMessage(this.#folded().draft(), message, atMs);
    if (!decided.ok) throw new Error(`the message is refused: ${decided.code}`);
    return decided.records.map(encodeRecord);
  }

  /** The state that all of it folds to. */
  #folded(): LogState {
    if (this.#state) return this.#state;
    this.#state = new LogState({ accountKeepMs: 1_000, newAccountKey: () => 'key' });
    for (const { claims, payloads } of this.batches)
      if (claims === undefined) for (const payload of payloads) this.#state.absorb(decodeRecord(payload));
    return this.#state;
  }

  #sent(
    batch: Omit<SentBatch, 'number' | 'decidedOn' | 'payloads'>,
    payloads: () => SentBatch['payloads'],
  ): SentBatch {
    const { sent } = this.#family;
    const name = `${batch.id} at ${this.number}`;
    const known = sent.get(name);
    if (known) return known;
    const made = { ...batch, number: sent.size, decidedOn: this, payloads: payloads() };
    sent.set(name, made);
    return made;
  }
}
