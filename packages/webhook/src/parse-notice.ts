import { batchNoticesMax } from '@housecount/protocol';
import { readAgoraNotice } from './agora-notice.ts';
import { type Notice, NoticeError } from './notice.ts';
import { objectOf } from './notice-fields.ts';
import { readStandardNotice } from './standard-notice.ts';

/**
 * Reads the body of a notice, in the `agora` or the `standard` format. Unknown fields, event types, reasons and platforms are let
 * through; throws NoticeError if it is not JSON, lacks what every notice of its type has, or is a batch. Verify first: this looks at
 * the form only.
 */
export function parseNotice(body: string | Uint8Array | ArrayBuffer): Notice {
  const value = jsonOf(body);
  if (Array.isArray(value)) throw new NoticeError('The body is a batch: read it with parseNotices.');
  return noticeOf(value, 'the body');
}

/**
 * Reads the body of a request in any format: one notice, or a batch of 1 to 1,000 in the order in which they stand. Throws NoticeError,
 * as parseNotice does, if one of them is none: then all are refused.
 */
export function parseNotices(body: string | Uint8Array | ArrayBuffer): readonly Notice[] {
  const value = jsonOf(body);
  if (!Array.isArray(value)) return [noticeOf(value, 'the body')];
  if (value.length < 1 || value.length > batchNoticesMax)
    throw new NoticeError(`A batch has 1 to ${batchNoticesMax} notices.`);
  return value.map((one, index) => {
    try {
      return noticeOf(one, 'it');
    } catch (cause) {
      if (!(cause instanceof NoticeError)) throw cause;
      throw new NoticeError(`Notice ${index + 1} of the batch: ${cause.message}`, { cause });
    }
  });
}

function noticeOf(value: unknown, name: string): Notice {
  const fields = objectOf(value, name);
  return typeof fields.type === 'string' && fields.eventType === undefined
    ? readStandardNotice(fields)
    : readAgoraNotice(fields);
}

function jsonOf(body: string | Uint8Array | ArrayBuffer): unknown {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text);
  } catch (cause) {
    throw new NoticeError('The body is not JSON in UTF-8.', { cause });
  }
}
