import { type ChannelEvent, type CommunicationEvents, toStandardNotice } from '@housecount/protocol';
import type { NoticeFormat } from '@housecount/server/notify/endpoint/endpoint';
import { endpointSigner } from '@housecount/server/notify/endpoint/endpoint-signer';
import { signingKey } from '@housecount/server/notify/endpoint/signing-key';
import type { PulledEvent } from './pulled-event.ts';

export type ListenFormat = Extract<NoticeFormat, 'agora' | 'standard'>;
export const listenFormats: readonly ListenFormat[] = ['agora', 'standard'];

/** The body of a request and its headers; without a secret they carry no signature. */
export interface FormedNotice {
  readonly notice: object;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Says what is wrong with a secret for a format, in a sentence that does not show it; undefined if nothing is. */
export function secretProblem(secret: string, format: NoticeFormat): string | undefined {
  return signingKey(secret, format).problem;
}

/**
 * Forms and signs the notices of pulled events as the server does it for an endpoint with this secret. undefined: the event
 * is of a type that this version does not know, and has no words in the format.
 */
export function noticeFormer(
  format: ListenFormat,
  secret?: string,
): (event: PulledEvent, nowMs: number) => FormedNotice | undefined {
  const sign = secret === undefined ? undefined : endpointSigner({ secrets: [{ secret }], format });
  return (event, nowMs) => {
    // The server's own words, of whatever type; only the time of sending is of this copy.
    const notice = format === 'agora' ? { ...event.notice, notifyMs: nowMs } : standardNoticeOf(event);
    if (notice === undefined) return undefined;
    const body = JSON.stringify(notice);
    const headers = sign?.({ id: event.noticeId, body, atMs: nowMs });
    return { notice, body, headers: headers ?? { 'Content-Type': 'application/json' } };
  };
}

function standardNoticeOf(event: PulledEvent): object | undefined {
  return Object.hasOwn(knownTypes, event.type)
    ? toStandardNotice(event, communicationEventsOf(event))
    : undefined;
}

const knownTypes: Readonly<Record<ChannelEvent['type'], true>> = {
  'channel-opened': true,
  'channel-closed': true,
  'member-joined': true,
  'member-left': true,
  'role-changed': true,
};

/** The numbering of a communication channel's joins and leaves in this app, read from the number that the server gave. */
function communicationEventsOf({ profile, eventType }: PulledEvent): CommunicationEvents {
  return profile === 'communication' && (eventType === 103 || eventType === 104) ? '103/104' : '107/108';
}
