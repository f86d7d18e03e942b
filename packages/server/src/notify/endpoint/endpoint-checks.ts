import {
  endpointChannelLengthMax,
  endpointChannelsMax,
  endpointHeaderNameLengthMax,
  endpointHeadersMax,
  endpointHeaderValueLengthMax,
  endpointHeaderValuePattern,
  endpointSecretLengthMax,
  isHeaderName,
  isReservedHeader,
} from '@housecount/schema';
import type { EndpointSecret, NoticeFormat } from './endpoint.ts';
import { endpointSecretsMax } from './endpoint.ts';
import { signingKey } from './signing-key.ts';

/** Why `secrets` cannot be an endpoint's, as a sentence that shows none of them; undefined if they can. */
export function endpointSecretsProblem(
  secrets: readonly EndpointSecret[],
  format: NoticeFormat,
): string | undefined {
  if (secrets.length === 0 || secrets.length > endpointSecretsMax)
    return `An endpoint has 1 to ${endpointSecretsMax} secrets.`;
  for (const { secret } of secrets) {
    if (secret.trim() === '' || secret.length > endpointSecretLengthMax)
      return `A secret has 1 to ${endpointSecretLengthMax} characters, not all of them blank.`;
    const problem = signingKey(secret, format).problem;
    if (problem) return problem;
  }
  if (new Set(secrets.map(({ secret }) => secret)).size < secrets.length) return 'The secrets are the same.';
  if (secrets.at(-1)?.endsMs !== undefined)
    return 'The last secret must not end, or nothing would sign after it.';
  if (secrets.some(({ endsMs }) => endsMs !== undefined && (!Number.isSafeInteger(endsMs) || endsMs < 0)))
    return 'The end of a secret is a time: epoch milliseconds.';
  return undefined;
}

/** Why `channels` cannot be an endpoint's filter, as a sentence; undefined if it can. */
export function endpointChannelsProblem(channels: readonly string[]): string | undefined {
  if (channels.length > endpointChannelsMax)
    return `An endpoint names at most ${endpointChannelsMax} channels.`;
  if (channels.some((name) => name === '' || name.length > endpointChannelLengthMax))
    return `A channel name or pattern has 1 to ${endpointChannelLengthMax} characters.`;
  return undefined;
}

const headerValue = new RegExp(endpointHeaderValuePattern);

/** Why `headers` cannot be added to an endpoint's requests, as a sentence; undefined if they can. */
export function endpointHeadersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(headers);
  if (names.length > endpointHeadersMax) return `An endpoint adds at most ${endpointHeadersMax} headers.`;
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name))
      return `A header's name is 1 to ${endpointHeaderNameLengthMax} letters, digits or !#$%&'*+-.^_\`|~.`;
    if (isReservedHeader(name)) return `The header ${name} is Housecount's own to set.`;
    if (seen.has(name.toLowerCase())) return `The header ${name} is given twice.`;
    seen.add(name.toLowerCase());
    if (value.length > endpointHeaderValueLengthMax || !headerValue.test(value))
      return `The value of ${name} is not at most ${endpointHeaderValueLengthMax} visible ASCII characters, with blanks only between them.`;
  }
  return undefined;
}
