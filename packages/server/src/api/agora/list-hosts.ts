import { agoraHosts, modes } from '@housecount/schema';
import { liveKey } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { hostUids } from './list-users.ts';
import { appIdParameter, channelNameOf, channelNameParameter, query } from './style.ts';

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channel'>;
}

/** Spec: rest 2.3. */
export function listHosts(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/dev/v1/channel/user/{appid}/{channelName}/hosts_only',
    id: 'agoraListHosts',
    summary: 'The hosts of a live channel',
    style: query('host list', 'invalid_app_id', 'invalid_channel_name'),
    parameters: [appIdParameter, channelNameParameter],
    answer: {
      description:
        'Only `channel_exist` if the channel is not open; no `broadcasters` in a communication channel.',
      schema: agoraHosts,
    },
    handle({ context }) {
      const app = agoraAppOf(parts, context.params.appid);
      const state = parts.log.channel(liveKey(app.id, channelNameOf(context)));
      if (state === undefined) return { success: true, data: { channel_exist: false } };
      const mode = modes[state.profile];
      return {
        success: true,
        data: {
          channel_exist: true,
          mode,
          ...(mode === modes.live && { broadcasters: hostUids(state) }),
        },
      };
    },
  });
}
