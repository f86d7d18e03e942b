import { conversationOf } from '../record/conversation.ts';
import type { MessageRecord } from '../record/record.ts';
import type { StateView } from '../state/state-view.ts';
import { type Decided, refuse } from './decided.ts';

/** A message to be kept. Its time may be ahead of the clock's where a conversation has more than one in a millisecond. */
export function decideMessage(
  state: StateView,
  message: Omit<MessageRecord, 'type' | 'atMs'>,
  nowMs: number,
): Decided {
  const atMs = state.messageTimes.next(conversationOf(message), nowMs);
  if (atMs > nowMs + state.limitsOf(message.app).messageAheadMsMax) return refuse('rate_limited');
  return { ok: true, records: [{ type: 'message', ...message, atMs }] };
}
