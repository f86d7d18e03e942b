import { HousecountError } from '@housecount/protocol';
import { array, channelUsers, string, userChannels, userStatuses } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { Backend } from '../../../signaling/backend.ts';
import { namesForbidden } from '../../access/access.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import {
  appParameter,
  channelParameter,
  queryChoice,
  queryText,
  type Readable,
} from '../../request/parameters.ts';
import { channelTypeParameter, keyOf, legalUser, personOf, personParameter } from './places.ts';

const what = queryChoice('with', '`states`: with what each has set; `count`: only how many there are.', [
  'users',
  'states',
  'count',
]);
const page = queryText('page', 'The `next` of the page before.');

const users: Readable<readonly string[]> = {
  name: 'user',
  in: 'query',
  description: `User id; up to ${fixed.statusUsersMax} times.`,
  required: true,
  schema: array(string()),
  read({ url }) {
    const given = url.searchParams.getAll('user');
    if (given.length >= 1 && given.length <= fixed.statusUsersMax) return given.map(legalUser);
    throw new HousecountError('query_invalid', `Name 1 to ${fixed.statusUsersMax} users as user=.`);
  },
};

interface Parts extends AppList {
  readonly signaling: Pick<Backend, 'count' | 'users' | 'channelsOf' | 'statusOf'>;
}

/** The operations that tell who is where, as users of signaling see it. */
export function presenceOperations(parts: Parts): readonly Operation[] {
  return [listChannelUsers(parts), listUserChannels(parts), getUserStatus(parts)];
}

function listChannelUsers(parts: Parts): Operation {
  const { signaling } = parts;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/channels/{channel}/users',
    id: 'listChannelUsers',
    summary: 'Who is shown in a signaling channel',
    description:
      'Subscribers that are not quiet; in a MESSAGE channel also the members of the live channel of that name, where the app binds them: those who are linked to a user as that user. In order of arrival, in pages; `count` is exact at each.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'invalid_channel_name', 'no_longer_kept'],
    },
    parameters: [appParameter, channelParameter, channelTypeParameter, what, page],
    answer: {
      description: 'Nobody there is a count of 0.',
      schema: channelUsers,
    },
    async handle({ context, caller }) {
      const key = keyOf(parts, context);
      const wanted = what.read(context);
      if (wanted === 'count') return { count: await signaling.count(key) };
      if (caller?.names === false) throw namesForbidden();
      const answer = await signaling.users(key, {
        states: wanted === 'states',
        page: page.read(context),
      });
      return {
        count: answer.count,
        users: wanted === 'states' ? answer.users : answer.users.map(({ userId }) => ({ userId })),
        ...(answer.next !== '' && { next: answer.next }),
      };
    },
  });
}

function listUserChannels(parts: Parts): Operation {
  const { signaling } = parts;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/users/{user}/channels',
    id: 'listUserChannels',
    summary: 'In which channels a user is shown',
    style: { kind: 'native', refusals: ['invalid_app_id', 'invalid_user_id'] },
    parameters: [appParameter, personParameter],
    answer: {
      description: `At most ${fixed.signalingUserChannelsMax}, in no order.`,
      schema: userChannels,
    },
    async handle({ context }) {
      return { channels: await signaling.channelsOf(appOf(parts, context).id, personOf(context)) };
    },
  });
}

function getUserStatus(parts: Parts): Operation {
  const { signaling } = parts;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/users',
    id: 'getUserStatus',
    summary: 'Whether users are logged in to signaling',
    style: { kind: 'native', refusals: ['invalid_app_id', 'invalid_user_id'] },
    parameters: [appParameter, users],
    answer: {
      description: 'In the order of the request.',
      schema: userStatuses,
    },
    handle({ context }) {
      const app = appOf(parts, context).id;
      return {
        users: users.read(context).map((userId) => ({ userId, status: signaling.statusOf(app, userId) })),
      };
    },
  });
}
