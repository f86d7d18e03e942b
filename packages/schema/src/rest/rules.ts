import { uidMax } from '@housecount/protocol';
import { account, appId, channelName, memberUid } from '../names.ts';
import {
  anyOf,
  array,
  closed,
  constant,
  described,
  integer,
  milliseconds,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  refusing,
  string,
} from '../shape.ts';

/** Kicking rules: of the native API, and of the Agora-compatible one. */

/** Those that the Agora-compatible API knows. */
export const agoraPrivileges = ['join_channel', 'publish_audio', 'publish_video'] as const;
/** `publish_message`: messages of signaling, to channels, topics and users. */
export const privileges = [...agoraPrivileges, 'publish_message'] as const;
/** Longest that a rule lasts, seconds: a year. */
export const ruleSecondsMax = 365 * 86_400;

const listOf = <const P extends readonly string[]>(...names: P) =>
  refusing(array(oneOf(...names), 'What they may not do.', { minItems: 1 }), {
    must: `a list of ${names.join(', ')}`,
  });

/** Null is refused: who lost a name on the way must not ban everybody in its place. */
export const newRule = named(
  'NewRule',
  refusing(
    closed(
      {
        channel: optional(channelName('Channel name.')),
        userId: optional(account('User id, or account.')),
        uid: optional(memberUid('uid, in place of userId.')),
        ip: optional(string('IP address.', { format: 'ip-address' })),
        privileges: listOf(...privileges),
        seconds: integer('How long, from now.', { minimum: 1, maximum: ruleSecondsMax }),
      },
      {
        anyOf: ['channel', 'userId', 'uid', 'ip'].map((name) => ({ required: [name] })),
        not: { required: ['uid', 'userId'] },
      },
    ),
    { must: 'an object with "channel", "userId", "uid" or "ip", and not both "userId" and "uid"' },
  ),
);

export const rule = named(
  'Rule',
  object({
    id: integer(),
    channel: optional(string()),
    uid: optional(integer()),
    userId: optional(string('Where the rule was made for it.')),
    ip: optional(string()),
    members: optional(
      array(
        integer(),
        'Uids of the members of the live channel who were surely one person with whom it names, when it was made or since a link came late: it speaks of them too.',
      ),
    ),
    membersIn: optional(
      array(
        object({ channel: string(), uid: integer() }),
        'A rule without a channel has these in place of `members`: each uid, in the channel where it was that person.',
      ),
    ),
    users: optional(array(string(), 'Likewise the users of signaling, by user id: it speaks of them too.')),
    privileges: array(oneOf(...privileges)),
    createdMs: milliseconds('When it was made'),
    endsMs: milliseconds('When it ends'),
  }),
);
export const ruleList = named(
  'RuleList',
  object({
    rules: array(rule),
    total: integer('Rules of the app that hold.'),
    next: optional(integer('Send it as `after` for the next page; absent on the last.')),
  }),
);
export const deletedRule = object({ id: integer() });

const appid = appId('App id.');
const anyNumber = { minimum: 0 };
const duration = {
  time: optional(number('Minutes, 1 to 1440, clamped; default 60.', anyNumber)),
  time_in_seconds: optional(number('Seconds, 10 to 86430, clamped; wins over `time`.', anyNumber)),
};
const ruleId = refusing(
  integer('Id of the rule.', { minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  { must: 'the number of a rule' },
);
const filled = (name: string) => ({ required: [name], properties: { [name]: { minLength: 1 } } });

/** An empty text is not set. Other fields are passed over, as that API does. */
export const newAgoraRule = named(
  'NewKickingRule',
  refusing(
    {
      ...object({
        appid,
        cname: optional(
          refusing(
            described('Channel name; empty: not set.', anyOf(constant(''), channelName('Channel name.'))),
            {
              must: 'a channel name',
            },
          ),
        ),
        uid: optional(
          refusing(memberUid('uid of the member.'), { must: `a whole number from 1 to ${uidMax}` }),
        ),
        ip: optional(
          refusing(
            described(
              'IP address; empty: not set.',
              anyOf(constant(''), string(undefined, { format: 'ip-address' })),
            ),
            { must: 'an IP address' },
          ),
        ),
        ...duration,
        privileges: listOf(...agoraPrivileges),
      }),
      anyOf: [filled('cname'), { required: ['uid'] }, filled('ip')],
    },
    { must: 'an object with cname, uid or ip' },
  ),
);
/** A rule cannot be made to last 0: that is what deleting is for. */
export const agoraRuleChange = named(
  'KickingRuleChange',
  refusing(
    {
      ...object({ appid, id: ruleId, ...duration }),
      anyOf: [
        { required: ['time_in_seconds'], properties: { time_in_seconds: { exclusiveMinimum: 0 } } },
        {
          not: { required: ['time_in_seconds'] },
          properties: { time: { exclusiveMinimum: 0 } },
        },
      ],
    },
    { must: 'such that the time is not 0; delete the rule to end it' },
  ),
);
export const agoraRuleId = named('KickingRuleId', object({ appid, id: ruleId }));

const success = constant('success');
export const agoraRuleMade = object({ status: success, id: integer() });
const dateTime = (description?: string) => string(description, { format: 'date-time' });
export const agoraRuleChanged = object({
  status: success,
  result: object({ id: integer(), ts: dateTime() }),
});
const kickingRule = named(
  'KickingRule',
  object({
    id: integer(),
    appid: string(),
    uid: nullable(integer()),
    opid: integer(),
    cname: string(),
    ip: string(),
    ts: dateTime('When it ends.'),
    privileges: array(oneOf(...agoraPrivileges)),
    createAt: dateTime(),
    updateAt: dateTime(),
  }),
);
export const agoraRuleList = object({ status: success, rules: array(kickingRule) });
