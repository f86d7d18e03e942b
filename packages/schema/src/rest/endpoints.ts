import { noticeType } from '../notices/agora-notices.ts';
import {
  anyOf,
  array,
  boolean,
  closed,
  constant,
  described,
  integer,
  milliseconds,
  named,
  narrowed,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  refusing,
  string,
} from '../shape.ts';

/** Endpoints: where notices go. */

/** How notices are worded, signed and put into requests: as Agora does, as Standard Webhooks, or many of those in one. */
export const noticeFormats = ['agora', 'standard', 'batch'] as const;
export const endpointUrlLengthMax = 2048;
/** Channel names and patterns of one endpoint. */
export const endpointChannelsMax = 100;
/** Characters of one of them: channel names have at most 64, so a pattern has room. */
export const endpointChannelLengthMax = 128;
/** Headers that an endpoint may add. */
export const endpointHeadersMax = 20;
export { endpointHeaderNameLengthMax } from '../formats.ts';
export const endpointHeaderValueLengthMax = 1_024;
/** RFC 9110 section 5.5, without its obsolete bytes above ASCII. */
export const endpointHeaderValuePattern = '^([!-~]([\\t -~]*[!-~])?)?$';
export const endpointSecretLengthMax = 256;
export const endpointDescriptionLengthMax = 1_000;
/** Gaps in a retry plan of one's own; each at most retryGapMsMax. */
export const retryGapsMax = 50;
/** Milliseconds: a day. */
export const retryGapMsMax = 24 * 3_600_000;

const text = (description: string, lengthMax: number) =>
  string(description, { maxLength: lengthMax, 'x-utf16LengthMax': lengthMax });

/** The settings of an endpoint, as bodies and answers show them. */
const settings = {
  url: text('https://, or http:// where the private network is allowed.', endpointUrlLengthMax),
  description: text('A note for people.', endpointDescriptionLengthMax),
  events: array(noticeType, 'Types it takes; every viewer makes a 105 and a 106.', {
    minItems: 1,
    uniqueItems: true,
  }),
  channels: array(
    string(undefined, {
      pattern: '\\S',
      maxLength: endpointChannelLengthMax,
      'x-utf16LengthMax': endpointChannelLengthMax,
    }),
    'Channel names, or patterns with `*`; empty: all.',
    { maxItems: endpointChannelsMax },
  ),
  format: described('How notices are worded, signed and put into requests.', oneOf(...noticeFormats)),
  retry: described(
    'A plan of retries by its name, or the seconds before each.',
    anyOf(
      oneOf('standard', 'agora'),
      array(number(undefined, { minimum: 0, maximum: retryGapMsMax / 1000 }), undefined, {
        maxItems: retryGapsMax,
      }),
    ),
  ),
  redeliverGivenUp: boolean(
    'What was given up is sent once more when the receiver answers again; without it, true.',
  ),
  allowPrivateNetwork: boolean(
    'Receivers in private networks, as far as the operator has named them (endpointNetworks), and plain http, are meant.',
  ),
};

const secret = refusing(
  narrowed(text('Signs the notices.', endpointSecretLengthMax), { minLength: 1, pattern: '\\S' }),
  { must: `1 to ${endpointSecretLengthMax} characters, not all of them blank` },
);

/** What a body may say besides the address. Null is as good as absent. */
const bodySettings = {
  description: optional(nullable(settings.description)),
  events: optional(nullable(settings.events)),
  channels: optional(nullable(settings.channels)),
  format: optional(nullable(settings.format)),
  retry: optional(nullable(settings.retry)),
  redeliverGivenUp: optional(nullable(settings.redeliverGivenUp)),
  headers: optional(
    nullable(
      record(
        string(undefined, {
          maxLength: endpointHeaderValueLengthMax,
          pattern: endpointHeaderValuePattern,
        }),
        'Sent with every request, beside those that Housecount sets.',
        {
          maxProperties: endpointHeadersMax,
          propertyNames: { format: 'header-of-an-endpoint' },
          'x-namesDiffer': true,
        },
      ),
    ),
  ),
  allowPrivateNetwork: optional(nullable(settings.allowPrivateNetwork)),
};

const having = (properties: Readonly<Record<string, object>>, required: readonly string[] = []) => ({
  properties,
  ...(required.length > 0 && { required }),
});

export const newEndpoint = named(
  'NewEndpoint',
  closed(
    { url: settings.url, ...bodySettings, secret: optional(nullable(secret)) },
    {
      allOf: [
        anyOf(
          having({ url: { format: 'https-url' } }),
          having({ url: { format: 'http-or-https-url' }, allowPrivateNetwork: constant(true) }, [
            'allowPrivateNetwork',
          ]),
        ),
        anyOf(
          having({
            format: { enum: ['agora', null] },
            secret: { not: { type: 'string', pattern: '^whsk_' } },
          }),
          having(
            { format: { enum: ['standard', 'batch'] }, secret: { format: 'standard-webhooks-secret' } },
            ['format'],
          ),
        ),
      ],
    },
  ),
);

export const endpointChange = named(
  'EndpointChange',
  closed(
    { url: optional(nullable(settings.url)), ...bodySettings },
    {
      allOf: [
        having({ url: { format: 'http-or-https-url' } }),
        anyOf(
          having({ url: { format: 'https-url' } }),
          having({ allowPrivateNetwork: { enum: [true, null] } }),
        ),
      ],
    },
  ),
);

export const secretRotation = (limits: { readonly secretOverlapMsMax: number }) =>
  nullable(
    closed({
      secret: optional(nullable(secret)),
      overlapMs: optional(
        nullable(
          integer('How long the secret before signs on; a day if absent.', {
            minimum: 0,
            maximum: limits.secretOverlapMsMax,
          }),
        ),
      ),
    }),
  );

export const endpoint = named(
  'Endpoint',
  object({
    endpointId: string('Endpoint id.'),
    app: string(),
    source: described(
      '`config`: it is in the configuration file, and is changed there.',
      oneOf('config', 'managed'),
    ),
    ...settings,
    headerNames: array(string(), 'Names of its own headers; the values are not shown.'),
    secrets: array(
      object({
        hint: string('The end of a long secret.'),
        endsMs: optional(milliseconds('It signs no more after this')),
      }),
      'Active ones, oldest first.',
    ),
    createdMs: optional(milliseconds('When it was made; absent for one of the configuration')),
    state: described(
      '`disabled`: it gets nothing, for it has not passed its health test. `paused`: its notices wait. `suspended`: it failed for long and is tried once a minute. `gone`: it answered 410, and its notices wait until it is resumed.',
      oneOf(
        'disabled',
        'running',
        'paused',
        'suspended',
        'gone',
        'waiting-for-room',
        'log-failed',
        'journal-failed',
        'stopped',
      ),
    ),
    through: integer('Last log position taken.'),
    backlog: integer('Log positions not yet taken, plus the notices taken and not finished.'),
    inFlight: integer('Attempts under way.'),
    outstanding: integer('Notices taken and not finished.'),
    oldestEventMs: optional(milliseconds('When the event of the oldest unfinished notice was decided')),
    lastAttempt: optional(object({ atMs: milliseconds('When it was made'), result: string() })),
    failingSinceMs: optional(
      milliseconds('When the first of the failed attempts since the last delivery was made'),
    ),
    halt: optional(
      object(
        {
          state: oneOf('suspended', 'gone'),
          sinceMs: milliseconds('When it began'),
          why: string('What the attempt before it came to.'),
        },
        'Why nothing, or next to nothing, is sent.',
      ),
    ),
    givenUp: integer('Notices whose attempts are spent.'),
    lost: integer(
      'Events that waited for longer than they are kept, and were not sent; the endpoint is told which.',
    ),
  }),
);

export const endpointList = named('EndpointList', object({ endpoints: array(endpoint) }));
export const endpointSecretShown = named(
  'EndpointSecretShown',
  object({ endpoint, secret: string('Keep it: it is not shown again.') }),
);
export const testResult = named(
  'TestResult',
  object({
    eventType: noticeType,
    ok: boolean(),
    code: integer(
      'Status of the answer, or: 590 no answer within 10 s, or no connection; 591 the host name cannot be resolved; 592 the TLS certificate cannot be verified.',
    ),
    detail: optional(string('A sentence; with `ok`, a warning.')),
    durationMs: integer(),
  }),
);
export const testReport = named(
  'TestReport',
  object({ ok: boolean('Every test notice passed.'), results: array(testResult) }),
);
export const enabledEndpoint = named(
  'EnabledEndpoint',
  object({ ok: constant(true), results: array(testResult), endpoint }),
);
export const deletedEndpoint = object({ deleted: string() });
