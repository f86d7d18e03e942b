import { endpointUrlLengthMax, noticeFormats } from '../../../notify/endpoint/endpoint.ts';
import {
  endpointChannelsMax,
  endpointDescriptionLengthMax,
  endpointHeadersMax,
  endpointSecretLengthMax,
  retryGapMsMax,
  retryGapsMax,
} from '../../../notify/endpoint/endpoint-checks.ts';
import { anyOf, array, boolean, oneOf, optional, ref, type Schema, string } from '../../document/schema.ts';

/** The settings of an endpoint, as bodies and answers show them. */
export const endpointSettings = {
  url: {
    ...string('https://, or http:// where the private network is allowed.'),
    maxLength: endpointUrlLengthMax,
  },
  description: { ...string('For people.'), maxLength: endpointDescriptionLengthMax },
  events: array(ref('NoticeType'), 'Types it takes; every viewer makes a 105 and a 106.'),
  channels: {
    ...array(string(), 'Channel names, or patterns with `*`; empty: all.'),
    maxItems: endpointChannelsMax,
  },
  format: oneOf(...noticeFormats),
  retry: anyOf(oneOf('standard', 'agora'), {
    ...array({ type: 'number', minimum: 0, maximum: retryGapMsMax / 1000 }, 'Seconds before each retry.'),
    maxItems: retryGapsMax,
  }),
  redeliverGivenUp: boolean(
    'What was given up is sent once more when the receiver answers again; without it, true.',
  ),
  allowPrivateNetwork: boolean(
    'Receivers in private networks, as far as the operator has named them (endpointNetworks), and plain http, are meant.',
  ),
} as const;

export const secretSchema: Schema = {
  ...string('Signs the notices.'),
  minLength: 1,
  maxLength: endpointSecretLengthMax,
};

/** What a body may say of an endpoint. */
export function settings<Url>(url: Url) {
  const { description, events, channels, format, retry, redeliverGivenUp, allowPrivateNetwork } =
    endpointSettings;
  return {
    url,
    description: optional(description),
    events: optional(events),
    channels: optional(channels),
    format: optional(format),
    retry: optional(retry),
    redeliverGivenUp: optional(redeliverGivenUp),
    headers: optional({
      type: 'object',
      description: 'Sent with every request, beside those that Housecount sets.',
      additionalProperties: string(),
      maxProperties: endpointHeadersMax,
    }),
    allowPrivateNetwork: optional(allowPrivateNetwork),
  };
}
