import type { Endpoint, EndpointChange, NewEndpoint } from '@housecount/client';
import { noticeTypeNumbers } from '@housecount/protocol';
import { readGaps, writeGaps } from './retry-gaps.ts';

/** The settings of an endpoint as they stand in a form. */
export interface EndpointDraft {
  readonly url: string;
  readonly description: string;
  /** Numbers as text; none: all. */
  readonly events: readonly string[];
  /** None: all. */
  readonly channels: readonly string[];
  readonly format: string;
  /** A named plan, or `gaps` for those in `gaps`. */
  readonly retry: string;
  readonly gaps: string;
  /** True when notices that were given up are sent once more as the endpoint answers again. */
  readonly redeliverGivenUp: boolean;
  /** The headers; undefined keeps those that the endpoint has, with the values that nobody sees. */
  readonly headers: readonly HeaderDraft[] | undefined;
  readonly allowPrivateNetwork: boolean;
}

export interface HeaderDraft {
  readonly name: string;
  readonly value: string;
}

/** A form that nothing has been typed into. */
export const emptyDraft: EndpointDraft = {
  url: '',
  description: '',
  events: [],
  channels: [],
  format: 'agora',
  retry: 'standard',
  gaps: '5 s, 30 s, 5 min',
  redeliverGivenUp: true,
  headers: [],
  allowPrivateNetwork: false,
};

/** The settings that an endpoint has. */
export function draftOf(endpoint: Endpoint): EndpointDraft {
  const { url, description, channels, format, retry, headerNames, allowPrivateNetwork } = endpoint;
  const { events } = endpoint;
  return {
    url,
    description,
    events: events.length === noticeTypeNumbers.length ? [] : events.map(String),
    channels,
    format,
    retry: typeof retry === 'string' ? retry : 'gaps',
    gaps: typeof retry === 'string' ? emptyDraft.gaps : writeGaps(retry),
    redeliverGivenUp: endpoint.redeliverGivenUp,
    headers: headerNames.length === 0 ? [] : undefined,
    allowPrivateNetwork,
  };
}

/** The mistake in the gaps of a form, as a sentence; undefined if there is none. The server checks the rest. */
export function gapsProblem({ retry, gaps }: EndpointDraft): string | undefined {
  const read = retry === 'gaps' ? readGaps(gaps) : [];
  return 'problem' in read ? read.problem : undefined;
}

/** The mistake in the headers of a form, as a sentence; undefined if there is none. */
export function headersProblem({ headers = [] }: EndpointDraft): string | undefined {
  const seen = new Set<string>();
  for (const { name, value } of headers) {
    const known = name.trim().toLowerCase();
    if (known === '' && value.trim() === '') continue;
    if (known === '') return 'A header needs a name.';
    if (value.trim() === '') return `${name.trim()} needs a value.`;
    if (seen.has(known)) return `${name.trim()} is there twice.`;
    seen.add(known);
  }
  return undefined;
}

/** The body that makes an endpoint of a form without a problem. */
export function bodyOf(draft: EndpointDraft): NewEndpoint {
  const { description, channels, format, redeliverGivenUp, allowPrivateNetwork } = draft;
  const events = draft.events.length === 0 ? noticeTypeNumbers : draft.events.map(Number).sort();
  const headers = draft.headers?.map(({ name, value }) => [name.trim(), value.trim()] as const);
  const retry = draft.retry === 'gaps' ? readGaps(draft.gaps) : draft.retry;
  // Words of a newer server are kept as they are; which there are is the server's to say.
  return {
    url: draft.url.trim(),
    description: description.trim(),
    events: events as NewEndpoint['events'],
    channels,
    format: format as NewEndpoint['format'],
    retry: retry as NewEndpoint['retry'],
    redeliverGivenUp,
    ...(headers && { headers: Object.fromEntries(headers.filter(([name]) => name !== '')) }),
    allowPrivateNetwork,
  };
}

/** The fields in which a form differs from the endpoint; others stay as they are, or as somebody else changed them meanwhile. */
export function changesOf(before: Endpoint, draft: EndpointDraft): EndpointChange {
  const had: Readonly<Record<string, unknown>> = { ...bodyOf(draftOf(before)) };
  return Object.fromEntries(
    Object.entries(bodyOf(draft)).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(had[key]),
    ),
  );
}
