import { type NoticeType, noticeTypeNumbers } from '@housecount/protocol';
import { child, complain, flag, list, type Source, shownValue, text, unique } from '../../settings/reader.ts';
import { type Endpoint, endpointUrlLengthMax, endpointUrlProblem } from './endpoint.ts';
import { deliveryKeys, readDelivery } from './endpoint-settings.ts';

/** The fields of an endpoint that a person may set: all but its id and its app. */
export type EndpointFields = Omit<Endpoint, 'id' | 'app'>;

/** Their keys, in a configuration file and over REST alike. */
export const endpointFieldKeys: readonly string[] = ['url', 'events', 'allowPrivateNetwork', ...deliveryKeys];

/** Reads the fields of an endpoint and complains, in sentences, about each that cannot be. */
export function readEndpointFields(source: Source): EndpointFields {
  const allowPrivateNetwork = flag(child(source, 'allowPrivateNetwork'), false);
  return {
    url: readUrl(child(source, 'url'), allowPrivateNetwork),
    events: readEvents(child(source, 'events')),
    ...readDelivery(source),
    allowPrivateNetwork,
  };
}

/** Fields as they are written: `readEndpointFields` reads them back. */
export function writeEndpointFields(fields: EndpointFields): Readonly<Record<string, unknown>> {
  const {
    url,
    events,
    allowPrivateNetwork,
    description,
    secrets,
    channels,
    format,
    redeliverGivenUp,
    headers,
  } = fields;
  const retry = writeRetry(fields.retry);
  return {
    url,
    events,
    allowPrivateNetwork,
    description,
    secrets,
    channels,
    format,
    retry,
    redeliverGivenUp,
    headers,
  };
}

/** A plan's name, or its gaps in seconds. */
export function writeRetry(retry: Endpoint['retry']): 'agora' | 'standard' | readonly number[] {
  return typeof retry === 'string' ? retry : retry.gapsMs.map((gapMs) => gapMs / 1000);
}

function readUrl(source: Source, allowPrivateNetwork: boolean): string {
  const expected = 'an https:// URL (or http:// where allowPrivateNetwork is true)';
  const value = text(source, expected, URL.canParse);
  if (!URL.canParse(value)) return value;
  const url = new URL(value);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowPrivateNetwork))
    complain(source, `expected ${expected}`);
  else if (url.username !== '' || url.password !== '' || url.hash !== '')
    complain(source, 'expected a URL without user, password and fragment');
  else if (endpointUrlProblem(value, allowPrivateNetwork))
    complain(source, `expected a URL of at most ${endpointUrlLengthMax} characters`);
  return value;
}

function readEvents(source: Source): readonly NoticeType[] {
  if (source.value === undefined) return noticeTypeNumbers;
  const events = list(source, (item) => {
    const known = noticeTypeNumbers.find((type) => type === item.value);
    if (known === undefined)
      complain(item, `expected one of ${noticeTypeNumbers.join(', ')}`, shownValue(item.value));
    return known;
  }).filter((type) => type !== undefined);
  unique(source, events, String, 'event');
  if (Array.isArray(source.value) && source.value.length === 0)
    complain(source, 'expected at least one event');
  return events;
}
