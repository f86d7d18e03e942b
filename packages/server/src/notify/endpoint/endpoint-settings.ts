import { endpointDescriptionLengthMax, retryGapMsMax, retryGapsMax } from '@housecount/schema';
import {
  child,
  choice,
  complain,
  flag,
  isObject,
  list,
  onlyKeys,
  type Source,
  shownValue,
  text,
} from '../../settings/reader.ts';
import {
  type Endpoint,
  type EndpointSecret,
  type NoticeFormat,
  noticeFormats,
  type RetryPlan,
} from './endpoint.ts';
import {
  endpointChannelsProblem,
  endpointHeadersProblem,
  endpointSecretsProblem,
} from './endpoint-checks.ts';

/** Keys of an endpoint that readDelivery reads. */
export const deliveryKeys = [
  'description',
  'secret',
  'secrets',
  'channels',
  'format',
  'retry',
  'redeliverGivenUp',
  'headers',
];

/** Reads how an endpoint of the configuration is delivered to: everything but its identity, its URL and its events. */
export function readDelivery(
  item: Source,
): Pick<
  Endpoint,
  'description' | 'secrets' | 'channels' | 'format' | 'retry' | 'redeliverGivenUp' | 'headers'
> {
  const format = choice<NoticeFormat>(child(item, 'format'), noticeFormats, 'agora');
  const described = `at most ${endpointDescriptionLengthMax} characters`;
  return {
    description: text(
      child(item, 'description'),
      described,
      (value) => value.length <= endpointDescriptionLengthMax,
      '',
    ),
    secrets: readSecrets(item, format),
    channels: readChannels(child(item, 'channels')),
    format,
    retry: readRetry(child(item, 'retry')),
    redeliverGivenUp: flag(child(item, 'redeliverGivenUp'), true),
    headers: readHeaders(child(item, 'headers')),
  };
}

/** `secret: s` is short for `secrets: [{ secret: s }]`. */
function readSecrets(item: Source, format: NoticeFormat): readonly EndpointSecret[] {
  const one = child(item, 'secret');
  const several = child(item, 'secrets');
  if (several.value === undefined) {
    const secrets = [{ secret: text(one, 'a text that is not empty', filled) }];
    const problem = secrets[0]?.secret === '' ? undefined : endpointSecretsProblem(secrets, format);
    if (problem) one.problem(one.path, problem);
    return secrets;
  }
  if (one.value !== undefined) complain(one, 'expected either secret or secrets');
  let sound = Array.isArray(several.value);
  const secrets = list(several, (entry): EndpointSecret => {
    if (!isObject(entry.value)) {
      complain(entry, 'expected an object with secret, endsMs');
      sound = false;
      return { secret: '' };
    }
    onlyKeys(entry, ['secret', 'endsMs']);
    const secret = text(child(entry, 'secret'), 'a text that is not empty', filled);
    const endsMs = readTime(child(entry, 'endsMs'));
    sound &&= secret !== '' && endsMs !== 'bad';
    return endsMs === undefined || endsMs === 'bad' ? { secret } : { secret, endsMs };
  });
  const problem = sound ? endpointSecretsProblem(secrets, format) : undefined;
  if (problem) several.problem(several.path, problem);
  return secrets;
}

/** Epoch milliseconds, or a date and time with its offset (ISO 8601), also as YAML reads it. */
function readTime(source: Source): number | undefined | 'bad' {
  const { value } = source;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value)))
    return Date.parse(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime();
  complain(source, 'expected epoch milliseconds, or a time like 2030-01-31T12:00:00Z', shownTime(value));
  return 'bad';
}

/** What was given, if it looks like a time: beside a secret it may be the secret that is in its place. */
const shownTime = (value: unknown): string | undefined =>
  typeof value === 'string' && !timeLike.test(value) ? 'a string' : shownValue(value);

const timeLike = /^[0-9T:.Z+-]{1,30}$/;

/** Without an offset it would mean another time on another machine. */
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function readChannels(source: Source): readonly string[] {
  const channels = list(source, (item) => text(item, 'a channel name or a pattern with *', filled));
  const problem = channels.includes('') ? undefined : endpointChannelsProblem(channels);
  if (problem) source.problem(source.path, problem);
  return channels;
}

/** Without a word the plan is the durable one, whatever the format: what is given up after ten seconds is missed. */
function readRetry(source: Source): RetryPlan {
  const fallback = 'standard';
  if (!Array.isArray(source.value)) {
    if (source.value === undefined || source.value === 'agora' || source.value === 'standard')
      return source.value ?? fallback;
    complain(source, 'expected "agora", "standard" or a list of seconds', shownValue(source.value));
    return fallback;
  }
  if (source.value.length > retryGapsMax)
    source.problem(source.path, `expected at most ${retryGapsMax} seconds`);
  const most = retryGapMsMax / 1000;
  const gapsMs = list(source, (item) => {
    if (typeof item.value === 'number' && item.value >= 0 && item.value <= most)
      return Math.round(item.value * 1000);
    complain(item, `expected seconds, 0 to ${most}`, shownValue(item.value));
    return 0;
  });
  return { gapsMs };
}

function readHeaders(source: Source): Readonly<Record<string, string>> {
  if (source.value === undefined) return {};
  if (!isObject(source.value)) {
    complain(source, 'expected an object of header names and texts');
    return {};
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(source.value)) {
    if (typeof value === 'string') headers[name] = value;
    else source.problem(`${source.path}.${name}`, 'expected a text');
  }
  const problem = endpointHeadersProblem(headers);
  if (problem) source.problem(source.path, problem);
  return headers;
}

const filled = (value: string) => value.trim() !== '';
