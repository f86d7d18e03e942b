import { endedSession, removedUser } from '@housecount/schema';
import type { Backend } from '../../../signaling/backend.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, channelOf, channelParameter } from '../../request/parameters.ts';
import { personOf, personParameter, userOf, userParameter } from './places.ts';

interface Parts extends AppList {
  readonly signaling: Pick<Backend, 'remove' | 'endSession'>;
}

/** Puts a user out, once; what keeps them out for a time is a rule. */
export function removeOperations(parts: Parts): readonly Operation[] {
  const { signaling } = parts;
  return [
    operation({
      method: 'DELETE',
      path: '/v1/apps/{app}/channels/{channel}/users/{user}',
      id: 'removeFromChannel',
      summary: 'Put a user out of a channel, once',
      description:
        'Out of the live channel and the signaling channels of this name. A number is the user who has it as user id or account, or else whoever has it as uid. With them goes whoever is linked to them, and the user they are linked to. They may come back; a rule keeps them out.',
      style: {
        kind: 'native',
        refusals: [
          'invalid_app_id',
          'invalid_channel_name',
          'invalid_user_id',
          'rate_limited',
          'log_unavailable',
        ],
      },
      parameters: [appParameter, channelParameter, personParameter],
      answer: {
        description: 'They are out, durably.',
        schema: removedUser,
      },
      async handle({ context }) {
        const app = appOf(parts, context).id;
        return { removed: await signaling.remove(app, channelOf(context), personOf(context)) };
      },
    }),
    operation({
      method: 'DELETE',
      path: '/v1/apps/{app}/users/{user}/session',
      id: 'endSession',
      summary: "End a user's signaling session",
      description:
        'Out of every signaling channel; its connection is closed (`kicked`). They may log in again.',
      style: {
        kind: 'native',
        refusals: ['invalid_app_id', 'invalid_user_id', 'log_unavailable'],
      },
      parameters: [appParameter, userParameter],
      answer: {
        description: 'It is over, durably.',
        schema: endedSession,
      },
      async handle({ context }) {
        return { ended: await signaling.endSession(appOf(parts, context).id, userOf(context)) };
      },
    }),
  ];
}
