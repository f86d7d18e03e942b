import type { SocketEnd } from '@housecount/link';
import { type Code, codeOfClose, codes, type RuleScope } from '@housecount/protocol';
import type { LiveFrames } from './live-frames.ts';

/** The end of a connection and its cause. Without a code it was the network. */
export interface LinkEnd {
  readonly code?: Code;
  readonly message: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  /** The scope of the kicking rule; only for a kick or a ban. */
  readonly scope?: RuleScope;
}

/** An attempt that did not end in a welcome. */
export class LinkEnded extends Error {
  override readonly name = 'LinkEnded';
  constructor(readonly end: LinkEnd) {
    super(end.message);
  }
}

/** The server's own words come first, then the code with which it closed. */
export function linkEndOf({ why, closing, refusal, close }: SocketEnd<LiveFrames>): LinkEnd {
  if (closing) return closing;
  if (refusal) {
    const { code, message } = refusal;
    return { code, message, retry: codes[code]?.retry ?? false };
  }
  const code = close?.code === undefined ? undefined : codeOfClose(close.code);
  if (code) return { code, message: close?.reason || codes[code].message, retry: codes[code].retry };
  if (why === 'silent') return { message: 'The server has gone silent.', retry: true };
  if (why === 'timeout') return { message: 'The server did not answer in time.', retry: true };
  const how = close?.code === undefined ? '' : ` (close code ${close.code})`;
  return { message: `The connection was lost${how}.`, retry: true };
}
