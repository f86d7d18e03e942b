import type { MessageLog } from '../contract/messages.ts';
import type { Refused } from '../contract/refused.ts';
import { decideMessage } from '../decide/message.ts';
import type { Erasure, MessageRecord } from '../record/record.ts';
import type { Asks } from './asks.ts';

/** Messages that are kept, and their deletion: recorded for those who keep them. */
export class MessageCommands implements MessageLog {
  readonly #asks: Asks;

  constructor(asks: Asks) {
    this.#asks = asks;
  }

  async keepMessage(
    message: Omit<MessageRecord, 'type' | 'atMs'>,
  ): Promise<{ ok: true; atMs: number } | Refused> {
    const outcome = await this.#asks.request((draft, nowMs) => decideMessage(draft, message, nowMs));
    if (!outcome.ok) return outcome;
    const kept = outcome.records.find((record) => record.type === 'message');
    if (!kept) throw new Error('a message was decided without its record');
    return { ok: true, atMs: kept.atMs };
  }

  async eraseMessages(app: string, erased: Erasure): Promise<{ ok: true } | Refused> {
    const record = { type: 'messages-erased', app, erased } as const;
    const outcome = await this.#asks.request((_, atMs) => ({ ok: true, records: [{ ...record, atMs }] }));
    return outcome.ok ? { ok: true } : outcome;
  }
}
