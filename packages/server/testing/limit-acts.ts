import { signalingTopicUserCodes } from '@housecount/protocol';
import { bytesOfTexts } from '../src/channel/text-bytes.ts';
import type { appLimitNames, LimitName, Limits } from '../src/config/limit-settings.ts';
import { fixed } from '../src/fixed-limits.ts';
import { burstSeconds } from '../src/net/token-bucket.ts';
import { Client } from './clients/client.ts';
import { answerToLink, proofFor } from './clients/page-link.ts';
import { SignalingClient } from './clients/signaling-client.ts';
import { testCustomer } from './processes/server-process.ts';

/** A server, and an app of it that needs no tokens. */
export interface Place {
  readonly url: string;
  readonly app: string;
}

/** Asks for as much as the usual limit has room for and a low one does not: resolves with `ok`, or how it was refused. */
export type Act = (place: Place) => Promise<unknown>;

interface Row<Name> {
  readonly limit: Name;
  readonly low: number;
  /** Others that are low with it. */
  readonly also?: Partial<Limits>;
  readonly act: Act;
  readonly refused: unknown;
}

/** Every act has channels and users of its own. */
let acts = 0;
const fresh = (): string => `act${++acts}`;

/** The last of what is asked in turn; the ones before it are granted. */
async function last(count: number, ask: (index: number) => Promise<unknown>): Promise<unknown> {
  for (let index = 0; index < count - 1; index += 1) {
    const outcome = await ask(index);
    if (outcome !== 'ok') return `too early, after ${index}: ${String(outcome)}`;
  }
  return ask(count - 1);
}

/** Does it with members of live channels, who leave at the end. */
const live =
  (count: number, over: (index: number, name: string) => object): Act =>
  async ({ url, app }) => {
    const clients: Client[] = [];
    const name = fresh();
    try {
      return await last(count, async (index) => {
        const client = Client.open({
          url,
          channel: name,
          uid: index + 1,
          hello: { app, token: '', ...over(index, name) },
        });
        clients.push(client);
        return client.until('an answer', () => (client.welcome ? 'ok' : client.all('closing')[0]?.code));
      });
    } finally {
      for (const client of clients) await client.leave().catch(() => undefined);
    }
  };

/** Does it with a user of signaling, who logs out at the end. */
const user =
  (does: (client: SignalingClient, name: string, place: Place) => Promise<unknown>): Act =>
  async (place) => {
    const name = fresh();
    const client = await SignalingClient.login(place.url, name, { app: place.app, token: '' });
    try {
      return await does(client, name, place);
    } finally {
      client.drop();
    }
  };

const codeOf = async (
  answer: Promise<{ readonly type: string; readonly code?: unknown }>,
): Promise<unknown> => {
  const { type, code } = await answer;
  return type === 'ok' ? 'ok' : code;
};
const message = (channel: string) => ({ channelType: 'MESSAGE', channel });
const stream = { channelType: 'STREAM', withPresence: false, withMessage: undefined };
const metadata = (channel: string, items: readonly object[]) => ({
  type: 'change-metadata',
  target: message(channel),
  mode: 'set',
  items,
  majorRevision: -1,
  lockName: '',
  addTimeStamp: false,
  addUserId: false,
});
const item = (key: string, value = 'v') => ({ key, value, revision: -1 });
const setLock = (channel: string, lockName: string) => ({
  type: 'set-lock',
  ...message(channel),
  lockName,
  ttl: 10,
});
const acquire = (channel: string, lockName: string, retry: boolean) => ({
  type: 'acquire-lock',
  ...message(channel),
  lockName,
  retry,
});

const publication = (channel: string) => ({
  type: 'publish',
  ...message(channel),
  content: { text: 'long enough' },
});
const joinTopic = (channel: string, topic: string) => ({ type: 'join-topic', channel, topic, meta: '' });
const subscribeTopic = (channel: string, topic: string, users: readonly string[]) => ({
  type: 'subscribe-topic',
  channel,
  topic,
  users,
  absent: true,
});

/** The first refusal of so many that are asked for at once. */
async function firstRefused(
  client: SignalingClient,
  count: number,
  request: Readonly<Record<string, unknown>>,
) {
  const answers = await Promise.all(Array.from({ length: count }, () => codeOf(client.asks(request))));
  return answers.find((code) => code !== 'ok') ?? 'ok';
}

const rest =
  (path: string, body: (index: number) => object, count: number): Act =>
  ({ url, app }) =>
    last(count, async (index) => {
      const response = await fetch(`${url}/v1/apps/${app}/${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}`,
        },
        body: JSON.stringify(body(index)),
      });
      const { code } = (await response.json()) as { readonly code?: string };
      return code ?? 'ok';
    });

/** Limits that an app may have of its own. */
export const appActs: readonly Row<(typeof appLimitNames)[number]>[] = [
  { limit: 'channelMembersMax', low: 2, refused: 'channel_full', act: live(3, () => ({ role: 'audience' })) },
  { limit: 'channelHostsMax', low: 2, refused: 'hosts_full', act: live(3, () => ({ role: 'broadcaster' })) },
  {
    limit: 'channelUserMembersMax',
    low: 2,
    refused: 'links_full',
    act: user(async (client, name, { url, app }) => {
      const pages: Client[] = [];
      const code = await last(3, async (index) => {
        const page = await Client.join({ url, channel: name, uid: index + 1, hello: { app, token: '' } });
        pages.push(page);
        return answerToLink(page, await proofFor(client, page.welcome.link?.nonce ?? ''));
      });
      for (const page of pages) await page.leave();
      return code;
    }),
  },
  {
    limit: 'appChannelsMax',
    low: 2,
    refused: 'channels_full',
    act: live(3, (index, name) => ({ channel: `${name}-${index}` })),
  },
  {
    limit: 'signalingSubscriptionsMax',
    low: 2,
    refused: -11005,
    act: user((client, name) => last(3, (index) => codeOf(client.subscribes(`${name}-${index}`)))),
  },
  {
    limit: 'streamMembersMax',
    low: 1,
    refused: -11007,
    act: user(async (client, name, { url, app }) => {
      await client.subscribes(name, stream);
      const second = await SignalingClient.login(url, `${name}-2`, { app, token: '' });
      const code = await codeOf(second.subscribes(name, stream));
      second.drop();
      return code;
    }),
  },
  {
    limit: 'memberTopicsMax',
    low: 1,
    refused: -11014,
    act: user(async (client, name) => {
      await client.subscribes(name, stream);
      return last(2, (index) => codeOf(client.asks(joinTopic(name, `t${index}`))));
    }),
  },
  {
    limit: 'channelPublishersMax',
    low: 1,
    refused: -11015,
    act: user(async (client, name) => {
      await client.subscribes(name, stream);
      return last(2, (index) => codeOf(client.asks(joinTopic(name, `t${index}`))));
    }),
  },
  {
    limit: 'signalingTopicsMax',
    low: 1,
    refused: -11014,
    act: user(async (client, name) => {
      await client.subscribes(name, stream);
      return last(2, (index) => codeOf(client.asks(subscribeTopic(name, `t${index}`, ['p']))));
    }),
  },
  {
    limit: 'signalingFollowedPublishersMax',
    low: 1,
    refused: signalingTopicUserCodes.tooMany,
    act: user(async (client, name) => {
      await client.subscribes(name, stream);
      const answer = await client.asks(subscribeTopic(name, 't', ['p', 'q']));
      if (answer.type !== 'ok' || !answer.result || !('failed' in answer.result)) return answer;
      return answer.result.failed[0]?.code ?? 'ok';
    }),
  },
  {
    limit: 'signalingTopicMessagesPerSecondMax',
    low: 1,
    refused: -11025,
    act: user(async (client, name) => {
      await client.subscribes(name, stream);
      await client.asks(joinTopic(name, 't'));
      const content = { text: 'x' };
      return firstRefused(client, 40, { type: 'publish-topic', channel: name, topic: 't', content });
    }),
  },
  {
    limit: 'signalingStatesMax',
    low: 1,
    refused: -13005,
    act: user(async (client, name) => {
      await client.subscribes(name);
      return codeOf(client.asks({ type: 'set-state', ...message(name), states: { a: '1', b: '2' } }));
    }),
  },
  {
    limit: 'appTextBytesMax',
    low: bytesOfTexts({ s0: '1' }),
    refused: -13005,
    act: user(async (client, name) => {
      await client.subscribes(name);
      return last(2, (index) =>
        codeOf(client.asks({ type: 'set-state', ...message(name), states: { [`s${index}`]: '1' } })),
      );
    }),
  },
  {
    limit: 'metadataItemsMax',
    low: 1,
    refused: -12006,
    act: user((client, name) => codeOf(client.asks(metadata(name, [item('a'), item('b')])))),
  },
  {
    limit: 'appKeptBytesMax',
    low: 1.5 * fixed.metadataItemBytes,
    refused: -12006,
    act: user((client, name) => last(2, (index) => codeOf(client.asks(metadata(name, [item(`k${index}`)]))))),
  },
  {
    limit: 'authorKeptBytesMax',
    low: fixed.lockBytes,
    refused: -14001,
    act: user((client, name) => last(2, (index) => codeOf(client.asks(setLock(name, `l${index}`))))),
  },
  {
    limit: 'channelLocksMax',
    low: 1,
    refused: -14001,
    act: user((client, name) => last(2, (index) => codeOf(client.asks(setLock(name, `l${index}`))))),
  },
  {
    limit: 'signalingWaitsMax',
    low: 1,
    refused: -14003,
    act: user(async (client, name, { url, app }) => {
      const holder = await SignalingClient.login(url, `${name}-2`, { app, token: '' });
      for (const lock of ['a', 'b']) {
        await client.asks(setLock(name, lock));
        await holder.asks(acquire(name, lock, false));
      }
      client.send({ id: 1_000, ...acquire(name, 'a', true) });
      const waits = client.asks(acquire(name, 'b', true));
      // One that is let in is answered when it has the lock.
      await client.asks({ type: 'get-locks', ...message(name) });
      await holder.asks({ type: 'release-lock', ...message(name), lockName: 'b' });
      const code = await codeOf(waits);
      holder.drop();
      return code;
    }),
  },
  {
    limit: 'signalingRostersMax',
    low: 1,
    refused: -11005,
    act: user((client, name) =>
      last(2, (index) => codeOf(client.asks({ type: 'subscribe-roster', ...message(`${name}-${index}`) }))),
    ),
  },
  {
    limit: 'signalingFollowedUsersMax',
    low: 1,
    refused: -12017,
    act: user((client, name) =>
      last(2, (index) =>
        codeOf(client.asks({ type: 'subscribe-user-metadata', userId: `${name}-${index}` })),
      ),
    ),
  },
  {
    limit: 'signalingPublishesPerSecondMax',
    low: 1,
    refused: -10021,
    act: user((client, name) => firstRefused(client, 40, publication(name))),
  },
  {
    limit: 'signalingRequestsPerSecondMax',
    low: 1,
    refused: -10021,
    act: user((client, name) => firstRefused(client, 40, { type: 'get-metadata', target: message(name) })),
  },
  {
    limit: 'signalingRenewalsPerSecondMax',
    low: 1,
    refused: 'rate_limited',
    act: user(async (client, name, { url, app }) => {
      // As many as the low limit lets one touch at once.
      for (let at = 0; at < burstSeconds; at += 1) await client.subscribes(`${name}-${at}`);
      const session = client.welcome.session;
      return last(2, async () => {
        const again = SignalingClient.open(url, name, { app, token: '', session }, {});
        const answer = await again.until('an answer', () =>
          again.frames.find(({ type }) => type === 'welcome' || type === 'closing'),
        );
        again.drop();
        return answer.type === 'closing' ? answer.code : 'ok';
      });
    }),
  },
  {
    limit: 'signalingDeliveredBytesPerSecondMax',
    low: 1,
    refused: -11025,
    act: user(async (client, name) => {
      await client.subscribes(name);
      return firstRefused(client, 2, publication(name));
    }),
  },
  {
    limit: 'signalingKeptBytesPerSecondMax',
    low: 1,
    refused: -10021,
    act: user((client, name) => firstRefused(client, 2, { ...publication(name), storeInHistory: true })),
  },
  {
    limit: 'appSignalingChannelsMax',
    low: 1,
    refused: -11021,
    act: user((client, name) => last(2, (index) => codeOf(client.subscribes(`${name}-${index}`)))),
  },
  {
    limit: 'appRulesMax',
    low: 1,
    refused: 'rate_limited',
    act: rest('rules', (index) => ({ channel: `r${index}`, privileges: ['join_channel'], seconds: 60 }), 2),
  },
  {
    limit: 'appEndpointsMax',
    low: 1,
    refused: 'endpoints_full',
    act: rest('endpoints', (index) => ({ url: `https://${index}.example/` }), 2),
  },
];

/** The limits that an app may have of its own whose test needs a clock or a socket of its own, with the file that has it. */
export const appLimitsTestedElsewhere: readonly (readonly [
  limit: (typeof appLimitNames)[number],
  file: string,
])[] = [
  ['channelHostsReserved', 'src/log/app-limits.test.ts'],
  ['endingKeptMs', 'src/log/app-limits.test.ts'],
  ['endingsMax', 'src/log/app-limits.test.ts'],
  ['appAccountsMax', 'src/log/app-limits.test.ts'],
  ['appSeenUidsMax', 'src/log/app-limits.test.ts'],
  ['messageAheadMsMax', 'src/log/app-limits.test.ts'],
  ['signalingUserBacklogBytesMax', 'src/signaling/messages/user-backlog.test.ts'],
];

/** Where each limit of a whole server that is none of an app is tested with another value, but for those of `serverActs`. */
export const serverLimitsTestedElsewhere: Readonly<Record<string, readonly LimitName[]>> = {
  'src/api/api-limits.test.ts': [
    'eventStreamPingMs',
    'loginAddressesMax',
    'loginFailureMs',
    'loginFailuresMax',
    'redeliveriesKeptMax',
    'redeliveriesMax',
    'redeliveryNoticesMax',
    'redeliveryScanMax',
    'rosterSnapshotMs',
    'rosterSnapshotsMax',
    'snapshotStreamMs',
    'snapshotStreamsMax',
    'subscriberEventsScanMax',
    'subscriberWaitersMax',
  ],
  'src/ledger/ledger-limits.test.ts': [
    'deliveryDaysMax',
    'deliveryDetailQueueCharsMax',
    'deliveryExchangeCharsMax',
    'deliveryOutcomeQueueMax',
    'deliveryRowsMax',
    'historyDaysMax',
    'historyRowsMax',
    'historyWaitMs',
    'historyWaitersMax',
    'messageBytesMax',
    'messageWaitMs',
    'messageWaitersMax',
    'pullWaitersMax',
  ],
  'src/live/lifecycle.test.ts': ['pendingFramesMax'],
  'src/live/live-limits.test.ts': [
    'closingMs',
    'helloMs',
    'joinBucketsMax',
    'joinBurstSeconds',
    'memberChangesBurst',
    'memberChangesPerSecondMax',
    'ownTokenJoinsBurst',
    'ownTokenJoinsPerSecondMax',
    'rosterRingChangesMax',
    'rosterRingChangesTotalMax',
    'rosterRingIdleMs',
    'rosterWaitingBytesMax',
    'rosterWindowsReserved',
    'socketBacklogBytesMax',
  ],
  'src/live/requests/stream-messages.test.ts': [
    'channelStreamMessagesPerSecondMax',
    'streamMessageBytesPerSecondMax',
    'streamMessagesPerSecondMax',
  ],
  'src/log/open-log.test.ts': ['batchCommandsMax', 'commandQueueMax'],
  'src/media/embedded/engine.test.ts': [
    'mediaEngineRequestMs',
    'mediaEngineRequestsMax',
    'mediaEngineSessionsMax',
  ],
  'src/media/embedded/ice/tcp-door.test.ts': ['mediaTcpConnectionsMax', 'mediaTcpConnectionsPerAddressMax'],
  'src/media/embedded/restart.test.ts': ['mediaRestartedSessionsMax'],
  'src/media/embedded/sfu.test.ts': ['mediaConnectMs'],
  'src/media/embedded/streams/forwarding.test.ts': ['mediaResendsPerSecondMax'],
  'src/net/http/http-limits.test.ts': ['bodyMs'],
  'src/notify/notify-limits.test.ts': [
    'answerBodyBytesMax',
    'answerHeadBytesMax',
    'batchOutstandingMax',
    'healthTestAgainMs',
    'healthTestsMax',
    'lostLivesMax',
    'redeliveryFailuresMax',
    'redeliveryInFlightMax',
  ],
  'src/notify/notify.test.ts': ['endpointInFlightMax', 'endpointOutstandingMax'],
  'src/observe/limited-logger.test.ts': ['limitedLinesMax', 'limitedLinesMs', 'limitedLinesPerAddressMax'],
  'src/signaling/presence/presences.test.ts': ['signalingFoldIdleMs', 'signalingRosterChannelsMax'],
  'src/signaling/signaling-limits.test.ts': [
    'ownerPublishersMax',
    'recentRatesMax',
    'signalingBacklogBytesMax',
    'signalingPendingCharsMax',
    'signalingPendingFramesMax',
    'signalingRosterRingCharsMax',
    'signalingRosterRingCharsTotalMax',
    'signalingSnapshotMergeMs',
    'signalingSnapshotMergeUsersMin',
    'signalingSnapshotUsersMax',
    'signalingStartBytes',
    'signalingStartsMax',
    'signalingWindowChangesMax',
    'signalingWindowNewcomersMax',
  ],
  'src/whip/request-budget.test.ts': ['mediaRequestsPerSecondMax'],
  'src/whip/session/session-room.test.ts': [
    'mediaSessionsMax',
    'plainSessionsPerMemberMax',
    'sessionsPerConnectionMax',
  ],
  'test/promises/operating/limits.test.ts': [
    'eventStreamsMax',
    'idempotencyBytesMax',
    'idempotencyKeysMax',
    'idempotencyMs',
  ],
};

/** Frames at once on one connection, until it ends or all are answered. */
const frames = (open: (place: Place) => Promise<Client | SignalingClient>, count: number): Act => {
  return async (place) => {
    const client = await open(place);
    for (let at = 0; at < count; at += 1) client.send({ type: 'ping' });
    const closings = () => client.frames.find((frame) => frame.type === 'closing');
    const pongs = () => client.frames.filter((frame) => frame.type === 'pong').length;
    const end = await client.until('an end', () => closings() ?? (pongs() === count ? 'ok' : undefined));
    client.drop();
    return typeof end === 'string' ? end : end.code;
  };
};
const joined = ({ url, app }: Place) =>
  Client.join({ url, channel: fresh(), uid: 1, hello: { app, token: '' } });
const loggedIn = ({ url, app }: Place) => SignalingClient.login(url, fresh(), { app, token: '' });

/** Limits of a whole server. */
export const serverActs: readonly Row<LimitName>[] = [
  { limit: 'framesPerSecondMax', low: 2, refused: 'rate_limited', act: frames(joined, 30) },
  { limit: 'signalingFramesPerSecondMax', low: 3, refused: 'rate_limited', act: frames(loggedIn, 100) },
  {
    limit: 'metadataBytesMax',
    low: 8,
    refused: -12012,
    act: user((client, name) => codeOf(client.asks(metadata(name, [item('a', 'nine chars')])))),
  },
  {
    limit: 'bodyBytesMax',
    low: 1_000,
    refused: 'body_too_large',
    act: rest('endpoints', () => ({ url: `https://a.example/${'x'.repeat(1_500)}` }), 1),
  },
  {
    limit: 'rosterWindowsMax',
    low: 1,
    also: { rosterWindowsReserved: 1 },
    refused: 'windows_full',
    async act({ url, app }) {
      const channel = fresh();
      const clients: Client[] = [];
      try {
        return await last(3, async (index) => {
          const client = await Client.join({ url, channel, uid: index + 1, hello: { app, token: '' } });
          clients.push(client);
          client.send({ type: 'subscribe-roster', id: 1, view: { from: index + 1, count: 3 } });
          return client.until(
            'an answer',
            () => client.all('error')[0]?.code ?? (client.all('ok').length > 0 ? 'ok' : undefined),
          );
        });
      } finally {
        for (const client of clients) client.drop();
      }
    },
  },
];
