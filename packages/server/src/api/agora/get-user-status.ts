import { HousecountError, isUid, type Profile, type Role } from '@housecount/protocol';
import { agoraUserStatus, statusRoles as roles } from '@housecount/schema';
import { liveKey } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { path } from '../request/parameters.ts';
import { appIdParameter, channelNameOf, channelNameParameter, query } from './style.ts';

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channel'>;
}

/** Spec: rest 2.4. */
export function getUserStatus(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/dev/v1/channel/user/property/{appid}/{uid}/{channelName}',
    id: 'agoraGetUserStatus',
    summary: 'Whether a user is in a channel, and as what',
    style: query('user status', 'invalid_app_id', 'invalid_channel_name', 'invalid_uid'),
    parameters: [appIdParameter, path('uid', 'Whole number; not a string account.'), channelNameParameter],
    answer: {
      description: 'Only `in_channel` if the user is not there.',
      schema: agoraUserStatus,
    },
    handle({ context }) {
      const app = agoraAppOf(parts, context.params.appid);
      const uid = uidOf(context.params.uid ?? '');
      const state = parts.log.channel(liveKey(app.id, channelNameOf(context)));
      const member = state?.roster.get(uid);
      if (state === undefined || member === undefined) return { success: true, data: { in_channel: false } };
      const join = Math.floor(member.joinedMs / 1000);
      const role = roleOf(state.profile, member.role);
      return { success: true, data: { in_channel: true, uid, join, role, platform: member.platform } };
    },
  });
}

function uidOf(text: string): number {
  const uid = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!isUid(uid)) throw new HousecountError('invalid_uid');
  return uid;
}

const roleOf = (profile: Profile, role: Role) =>
  profile === 'communication' ? roles.communication : roles[role];
