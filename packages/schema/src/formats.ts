import { isIP } from 'node:net';
import { base64BytesOf } from './base64.ts';
import { isReservedHeader } from './reserved-headers.ts';

export const endpointHeaderNameLengthMax = 64;

/** Bytes of a `whsec_` secret (Standard Webhooks: between 24 and 64). */
export const whsecBytesMin = 24;
export const whsecBytesMax = 64;

/** A `format` that is this server's own. */
interface Format {
  /** Ends the sentence `"field" must be a text that is …`. */
  readonly must: string;
  fits(text: string): boolean;
}

/** The formats of our schemas. JSON Schema lets validators ignore a format that they do not know. */
export const formats: Readonly<Record<string, Format>> = {
  'ip-address': { must: 'an IP address', fits: (text) => isIP(text) !== 0 },
  'https-url': {
    must: 'an https:// URL without user, password and fragment',
    fits: (text) => isEndpointUrl(text, ['https:']),
  },
  'http-or-https-url': {
    must: 'an https:// or http:// URL without user, password and fragment',
    fits: (text) => isEndpointUrl(text, ['https:', 'http:']),
  },
  'standard-webhooks-secret': {
    must: `any text, or after whsec_ the base64 of ${whsecBytesMin} to ${whsecBytesMax} bytes, or after whsk_ that of 32 or 64`,
    fits: isStandardSecret,
  },
  'header-of-an-endpoint': {
    must: "the name of a header that is not Housecount's own to set",
    fits: (text) => isHeaderName(text) && !isReservedHeader(text),
  },
  'date-time': { must: 'a date and time', fits: (text) => !Number.isNaN(Date.parse(text)) },
};

function isEndpointUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return protocols.includes(protocol) && username === '' && password === '' && hash === '';
}

/** RFC 9110 section 5.1. */
export const isHeaderName = (text: string): boolean =>
  text.length <= endpointHeaderNameLengthMax && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);

/** Standard Webhooks: a `whsec_` secret is the base64 of the key, a `whsk_` one that of an Ed25519 seed, any other its characters. */
export function isStandardSecret(text: string): boolean {
  const [prefix = ''] = /^(?:whsec_|whsk_)/.exec(text) ?? [];
  if (prefix === '') return true;
  const bytes = base64BytesOf(text.slice(prefix.length)) ?? 0;
  return prefix === 'whsec_'
    ? bytes >= whsecBytesMin && bytes <= whsecBytesMax
    : bytes === 32 || bytes === 64;
}
