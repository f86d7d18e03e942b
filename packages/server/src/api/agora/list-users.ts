import { agoraUsers, modes } from '@housecount/schema';
import { liveKey, type OpenChannel } from '../../channel/channel.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Channels } from '../../log/contract/channels.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { queryText } from '../request/parameters.ts';
import { appIdParameter, channelNameOf, channelNameParameter, query } from './style.ts';

const hostsOnly = queryText('hosts_only', 'Any value: only the broadcasters of a live channel are listed.');

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channel'>;
}

/** Spec: rest 2.2. A channel that is not open is an answer, not an error. */
export function listUsers(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/dev/v1/channel/user/{appid}/{channelName}',
    id: 'agoraListUsers',
    summary: 'The users of a channel',
    description: `\`audience\` lists the first ${fixed.agoraAudienceMax} by arrival; \`audience_total\` counts all. For all names use the roster of the native API.`,
    style: query('user list', 'invalid_app_id', 'invalid_channel_name'),
    parameters: [appIdParameter, channelNameParameter, hostsOnly],
    answer: {
      description: 'Only `channel_exist` if the channel is not open.',
      schema: agoraUsers,
    },
    handle({ context }) {
      const app = agoraAppOf(parts, context.params.appid);
      const state = parts.log.channel(liveKey(app.id, channelNameOf(context)));
      const onlyHosts = context.url.searchParams.has('hosts_only');
      return { success: true, data: state ? usersOf(state, onlyHosts) : { channel_exist: false } };
    },
  });
}

function usersOf(state: OpenChannel, onlyHosts: boolean) {
  const { roster } = state;
  if (state.profile === 'communication')
    return {
      channel_exist: true,
      mode: modes.communication,
      total: roster.size,
      users: Array.from(roster, ({ uid }) => uid),
    };
  const broadcasters = hostUids(state);
  if (onlyHosts) return { channel_exist: true, mode: modes.live, broadcasters };
  return {
    channel_exist: true,
    mode: modes.live,
    broadcasters,
    audience: audienceUids(state),
    audience_total: roster.size - roster.hosts,
  };
}

/** Uids of the broadcasters in order of arrival. */
export const hostUids = ({ roster }: OpenChannel): readonly number[] =>
  Array.from(roster.broadcasters(), ({ uid }) => uid);

function audienceUids({ roster }: OpenChannel): readonly number[] {
  const uids: number[] = [];
  for (const { uid, role } of roster) {
    if (uids.length >= fixed.agoraAudienceMax) break;
    if (role === 'audience') uids.push(uid);
  }
  return uids;
}
