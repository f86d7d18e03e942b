import { noticeTypeNumbers } from '@housecount/protocol';
import type { Heard } from './life.ts';

/** A notice as a capture or a server gives it: alone, or as the `notice` of an object that may name its app. */
export function heardOf(value: unknown): { notice: Heard; app: string } | undefined {
  if (!isObject(value)) return undefined;
  if (isObject(value.notice)) {
    const inner = heardOf(value.notice);
    return inner && { notice: inner.notice, app: typeof value.app === 'string' ? value.app : '' };
  }
  const { sid, noticeId, eventType, payload } = value;
  const isNotice =
    isText(sid) &&
    isText(noticeId) &&
    noticeTypeNumbers.some((type) => type === eventType) &&
    isObject(payload) &&
    isText(payload.channelName) &&
    isWhole(payload.seq, 1) &&
    isWhole(payload.count, 0) &&
    (payload.uid === undefined || isWhole(payload.uid, 0)) &&
    (payload.clientSeq === undefined || isWhole(payload.clientSeq, 0)) &&
    (payload.account === undefined || typeof payload.account === 'string');
  // All that the auditor reads has been looked at.
  return isNotice ? { notice: value as unknown as Heard, app: '' } : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isWhole = (value: unknown, minimum: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= minimum;
