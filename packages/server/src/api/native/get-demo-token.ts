import { HousecountError, isAccount, isChannelName, isUid } from '@housecount/protocol';
import { demoToken, oneOf } from '@housecount/schema';
import type { Clock, Random } from '../../clock.ts';
import { buildRtcToken } from '../../token/build.ts';
import type { AppList } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { queryText } from '../request/parameters.ts';

/** The lifetime of a demo token, seconds: an evening. */
const demoSeconds = 4 * 3600;

const channelParameter = queryText('channel', 'Channel name.');
const uidParameter = queryText('uid', 'Whole number; 0 or absent: any.');
const accountParameter = queryText('account', 'String account, in place of uid.');
const roleParameter: ReturnType<typeof queryText> = {
  ...queryText('role', 'What the token allows; default audience.'),
  schema: oneOf('broadcaster', 'audience'),
};

interface Parts extends AppList {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A token of the public development app. It needs no login, also from another device on the LAN: its certificate is a
 * constant of the source, so whoever asks could make the token himself.
 */
export function getDemoToken(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/demo/token',
    id: 'getDemoToken',
    summary: 'A token of the development app, for the demo',
    description: 'Only while the server runs without a configuration.',
    style: {
      kind: 'native',
      refusals: ['invalid_channel_name', 'invalid_uid', 'invalid_account', 'role_invalid'],
    },
    parameters: [channelParameter, uidParameter, accountParameter, roleParameter],
    answer: {
      description: 'Use it with the app id that comes with it.',
      schema: demoToken,
    },
    handle({ context }) {
      const [app] = parts.apps();
      if (app?.certificate === undefined) throw new HousecountError('not_found');
      const channel = channelParameter.read(context);
      if (!isChannelName(channel)) throw new HousecountError('invalid_channel_name');
      const role = roleParameter.read(context) ?? 'audience';
      if (role !== 'broadcaster' && role !== 'audience') throw new HousecountError('role_invalid');
      const nowMs = parts.clock.wallMs();
      const token = buildRtcToken({
        appId: app.id,
        certificate: app.certificate,
        channel,
        identity: identityOf(uidParameter.read(context), accountParameter.read(context)),
        role,
        expireSeconds: demoSeconds,
        issuedSeconds: Math.floor(nowMs / 1000),
        salt: 1 + Math.floor(parts.random.fraction() * 99_999_999),
      });
      return { app: app.id, channel, token, role, expiresMs: nowMs + demoSeconds * 1000 };
    },
  });
}

function identityOf(
  uid: string | undefined,
  account: string | undefined,
): { uid: number } | { account: string } {
  if (account !== undefined) {
    if (!isAccount(account) || uid !== undefined) throw new HousecountError('invalid_account');
    return { account };
  }
  const value = uid === undefined ? 0 : /^\d{1,10}$/.test(uid) ? Number(uid) : Number.NaN;
  if (!isUid(value)) throw new HousecountError('invalid_uid');
  return { uid: value };
}
