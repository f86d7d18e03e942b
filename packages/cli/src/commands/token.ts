import { isAccount, isAppId, isChannelName, isSignalingName } from '@housecount/protocol';
import {
  buildRtcToken,
  buildSignalingToken,
  buildTokenForBoth,
  type RtcTokenRequest,
  type SignalingTokenRequest,
} from '@housecount/server/token/build';
import { type Command, required, text, UsageError, uidHint, type Values, whole } from '../command.ts';

/** The token format lasts a day at most. */
const expireSecondsMax = 86_400;

/** `housecount token`: makes one token and prints it. */
export const token: Command = {
  name: 'token',
  summary: 'make one token for a user: for a channel, for signaling, or for both',
  examples: [
    'housecount token --app 0123456789abcdef0123456789abcdef --certificate fedcba9876543210fedcba9876543210 --channel lobby --uid 7',
    'housecount token --app 0123456789abcdef0123456789abcdef --certificate fedcba9876543210fedcba9876543210 --account ann',
  ],
  options: {
    app: { type: 'string', value: 'ID', help: 'App id, 32 hexadecimal characters.' },
    certificate: { type: 'string', value: 'C', help: 'Certificate of the app, 32 hexadecimal characters.' },
    channel: {
      type: 'string',
      value: 'NAME',
      help: 'Channel, or a pattern with *. Without it the token is for signaling alone.',
    },
    uid: {
      type: 'string',
      value: 'N',
      help: 'Uid, 0 to 4294967295; 0 (the default) fits any, but not in signaling.',
    },
    account: { type: 'string', value: 'A', help: 'String account, in place of --uid.' },
    role: { type: 'string', value: 'ROLE', help: 'host (may publish) or audience (the default).' },
    expire: { type: 'string', value: 'SECONDS', help: 'How long it lasts, at most 86400; default 3600.' },
    json: { type: 'boolean', help: 'Print an object with the token and what it is for.' },
  },
  async run(values, terminal) {
    const made = makeToken(values, Math.floor(Date.now() / 1000));
    terminal.out(values.json === true ? `${JSON.stringify(made)}\n` : `${made.token}\n`);
    return 0;
  },
};

function makeToken(values: Values, issuedSeconds: number) {
  const app = hex(values, 'app');
  const certificate = hex(values, 'certificate');
  const channel = text(values, 'channel');
  if (channel !== undefined && !isChannelName(charactersOf(channel)))
    throw new UsageError('--channel is not a legal channel name');
  const role = roleOf(text(values, 'role') ?? 'audience');
  const expireSeconds = whole(values, 'expire', 1, expireSecondsMax, 3600);
  const identity = identityOf(values);
  const userId = userIdOf(identity);
  const salt = 1 + Math.floor(Math.random() * 99_999_999);
  const head = { appId: app, certificate, expireSeconds, issuedSeconds, salt };
  const place = channel === undefined ? undefined : { channel, identity, role };
  return {
    token: tokenFor(head, place, userId),
    app,
    ...(place && { channel, ...identity, role }),
    ...(userId !== undefined && { signalingUserId: userId }),
    expires: new Date((issuedSeconds + expireSeconds) * 1000).toISOString(),
  };
}

type Head = Omit<SignalingTokenRequest, 'userId'>;
type Place = Pick<RtcTokenRequest, 'channel' | 'identity' | 'role'>;

function tokenFor(head: Head, place: Place | undefined, userId: string | undefined): string {
  if (place && userId !== undefined) return buildTokenForBoth({ ...head, ...place, userId });
  if (place) return buildRtcToken({ ...head, ...place });
  if (userId !== undefined) return buildSignalingToken({ ...head, userId });
  throw new UsageError('name a --channel, or for signaling an --account or a --uid above 0');
}

/** Finds the user who logs in to signaling with the token: one, no pattern; undefined if it is for several, or for none that signaling has. */
function userIdOf(identity: { uid: number } | { account: string }): string | undefined {
  if ('account' in identity) return isSignalingName(identity.account) ? identity.account : undefined;
  return identity.uid === 0 ? undefined : String(identity.uid);
}

function hex(values: Values, name: string): string {
  const value = required(values, name);
  if (!isAppId(value)) throw new UsageError(`--${name} must be 32 hexadecimal characters`);
  return value;
}

/** A pattern is a name in which * stands for anything, so it is judged by its characters; whether the name can be joined the server says. */
const charactersOf = (pattern: string): string => pattern.replaceAll(/[*.]/g, 'x');

function roleOf(role: string): 'broadcaster' | 'audience' {
  if (role === 'host' || role === 'broadcaster') return 'broadcaster';
  if (role === 'audience') return 'audience';
  throw new UsageError(`--role must be host or audience, not ${role}`);
}

function identityOf(values: Values): { uid: number } | { account: string } {
  const account = text(values, 'account');
  if (account === undefined) return { uid: whole(values, 'uid', 0, 0xffffffff, 0, uidHint) };
  if (values.uid !== undefined) throw new UsageError('give --uid or --account, not both');
  if (!isAccount(charactersOf(account))) throw new UsageError('--account is not a legal account');
  return { account };
}
