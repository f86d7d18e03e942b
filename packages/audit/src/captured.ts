import { batchNoticesMax, eventsLostType } from '@housecount/protocol';
import { heardOf } from './heard.ts';
import { heardOfStandard } from './heard-standard.ts';
import type { Heard } from './life.ts';

/** Events that the server said it would not send. Without a channel it is the notice that counts the rest. */
export interface HeardLost {
  readonly noticeId: string;
  readonly range?: {
    readonly channel: string;
    readonly sid: string;
    readonly fromSeq: number;
    readonly toSeq: number;
  };
  readonly events?: number;
}

/** One item of a capture: a notice, or a report of lost events. `app` is '' where it does not say. */
export type Captured = { readonly app: string } & (
  | { readonly notice: Heard; readonly lost?: undefined }
  | { readonly lost: HeardLost; readonly notice?: undefined }
);

/**
 * The content of a line of a capture: a notice in the `agora` or `standard` format, alone or as the `notice` of an object that may name
 * its app, or a batch of them. undefined: it is none of these.
 */
export function capturedOf(value: unknown): readonly Captured[] | undefined {
  if (!Array.isArray(value)) {
    const one = oneOf(value);
    return one && [one];
  }
  if (value.length < 1 || value.length > batchNoticesMax) return undefined;
  const all = value.map(oneOf);
  return all.every((one) => one !== undefined) ? all : undefined;
}

function oneOf(value: unknown): Captured | undefined {
  if (!isObject(value)) return undefined;
  if (isObject(value.notice)) {
    const inner = oneOf(value.notice);
    return inner && typeof value.app === 'string' ? { ...inner, app: value.app } : inner;
  }
  if (value.type === 'events.lost' && value.eventType === undefined) {
    const { id, channel, sid, data, app } = value;
    const lost = isObject(data) ? lostOf(id, channel, sid, data) : undefined;
    return lost && { lost, app: typeof app === 'string' ? app : '' };
  }
  if (value.eventType === eventsLostType) {
    const { noticeId, sid, payload } = value;
    const lost = isObject(payload) ? lostOf(noticeId, payload.channelName, sid, payload) : undefined;
    return lost && { lost, app: '' };
  }
  return heardOf(value) ?? heardOfStandard(value);
}

function lostOf(
  noticeId: unknown,
  channel: unknown,
  sid: unknown,
  { fromSeq, toSeq, events }: Readonly<Record<string, unknown>>,
): HeardLost | undefined {
  if (!isText(noticeId) || !(events === undefined || isWhole(events, 0))) return undefined;
  const counted = typeof events === 'number' ? { events } : {};
  if (channel === undefined) return { noticeId, ...counted };
  if (!isText(channel) || !isText(sid) || !isWhole(fromSeq, 1) || !isWhole(toSeq, fromSeq)) return undefined;
  return { noticeId, range: { channel, sid, fromSeq, toSeq }, ...counted };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isWhole = (value: unknown, minimum: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= minimum;
