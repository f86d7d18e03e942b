import { createHash } from 'node:crypto';
import type { NoticeFormat } from '../endpoint/endpoint.ts';
import type { Notice } from './notice.ts';

/** One request to a receiver, before it is signed. */
export interface NoticeRequest {
  /** The same for the same notices: the noticeId, or for a batch a hash of its body. */
  readonly id: string;
  readonly body: string;
}

/** The request for these notices, sent at `atMs`; more than one only in `batch`. */
export function requestOf(
  format: NoticeFormat,
  notices: readonly Pick<Notice, 'text'>[],
  atMs: number,
): NoticeRequest {
  const [first] = notices;
  if (!first || (format !== 'batch' && notices.length > 1))
    throw new Error(`${notices.length} notices cannot go in one request of the format ${format}`);
  if (format !== 'batch') return { id: first.text.noticeId, body: first.text.at(atMs) };
  const body = `[${notices.map(({ text }) => text.at(atMs)).join(',')}]`;
  return { id: `batch_${createHash('sha256').update(body).digest('hex').slice(0, 32)}`, body };
}
