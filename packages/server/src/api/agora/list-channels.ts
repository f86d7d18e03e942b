import { agoraChannels } from '@housecount/schema';
import type { Channels } from '../../log/contract/channels.ts';
import { type AppList, agoraAppOf } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { queryInteger } from '../request/parameters.ts';
import { appIdParameter, query } from './style.ts';

const pageNumber = queryInteger('page_no', 'The first page is 0.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const pageSize = queryInteger('page_size', 'Channels in one page.', {
  minimum: 1,
  maximum: 500,
  default: 100,
});

interface Parts extends AppList {
  readonly log: Pick<Channels, 'channels'>;
}

/** Spec: rest 2.1. Ordered by name, so that a changing count moves no channel to another page. */
export function listAgoraChannels(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/dev/v1/channel/{appid}',
    id: 'agoraListChannels',
    summary: 'The open channels of an app, with their number of users',
    style: query('channel list', 'invalid_app_id'),
    parameters: [appIdParameter, pageNumber, pageSize],
    answer: {
      description: 'Empty beyond the last page.',
      schema: agoraChannels,
    },
    handle({ context }) {
      const app = agoraAppOf(parts, context.params.appid);
      const size = pageSize.read(context);
      const start = pageNumber.read(context) * size;
      const all = parts.log.channels(app.id);
      const channels = all
        .slice(start, start + size)
        .map(({ key, roster }) => ({ channel_name: key.name, user_count: roster.size }));
      return { success: true, data: { channels, total_size: all.length } };
    },
  });
}
