import type { ChannelEvent } from '@housecount/protocol';

/** An event as GET /v1/apps/{app}/events gives it: the record of the channel, and the notice that it makes. */
export type PulledEvent = ChannelEvent & {
  readonly noticeId: string;
  readonly eventType: number;
  /** The notice in the `agora` format. */
  readonly notice: PulledNotice;
};

/** Its key order is the server's. */
export interface PulledNotice {
  readonly sid: string;
  readonly noticeId: string;
  readonly eventType: number;
  readonly notifyMs: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One answer of the server. */
export interface PulledPage {
  readonly events: readonly PulledEvent[];
  /** The position after the last event. */
  readonly cursor: string;
  readonly more: boolean;
}

/** Tells whether an answer is a page of events; the page of a proxy that says 200 is none. */
export const isPage = ({ events, cursor }: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(events) && typeof cursor === 'string';

/** Reads an answer that is one. @throws Error if something in it is no event */
export function readPage(value: {
  readonly events: readonly unknown[];
  readonly cursor: string;
  readonly more?: unknown;
}): PulledPage {
  const stranger = value.events.find((event) => !isPulledEvent(event));
  if (stranger !== undefined)
    throw new Error(`the server gave what is not an event: ${JSON.stringify(stranger).slice(0, 200)}`);
  return { events: value.events as readonly PulledEvent[], cursor: value.cursor, more: value.more === true };
}

/** All that is read of an event of whatever type; newer servers may have more types and fields. */
function isPulledEvent(value: unknown): value is PulledEvent {
  if (!isObject(value)) return false;
  const { channel, atMs, eventType, noticeId, uid, account, notice } = value;
  if (!isObject(notice)) return false;
  const { notifyMs, payload } = notice;
  return (
    typeof channel === 'string' &&
    isTime(atMs) &&
    typeof eventType === 'number' &&
    typeof noticeId === 'string' &&
    (uid === undefined || typeof uid === 'number') &&
    (account === undefined || typeof account === 'string') &&
    notice.eventType === eventType &&
    isTime(notifyMs) &&
    isObject(payload) &&
    typeof payload.channelName === 'string'
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** A date can hold it. */
const isTime = (value: unknown) => typeof value === 'number' && Math.abs(value) <= 8.64e15;
