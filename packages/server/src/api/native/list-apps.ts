import { appList } from '@housecount/schema';
import { appsOf } from '../access/access.ts';
import type { AppList } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';

interface Parts extends AppList {
  readonly development: boolean;
}

export function listApps(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps',
    id: 'listApps',
    summary: 'The apps of the customer',
    style: { kind: 'native', refusals: [] },
    parameters: [],
    answer: {
      description: 'In the order of the configuration.',
      schema: appList,
    },
    handle: ({ caller }) => ({
      apps: (caller ? appsOf(parts.apps(), caller) : []).map(({ id, certificate, openTo }) => ({
        id,
        ...(parts.development && certificate !== undefined && { certificate }),
        ...(openTo !== undefined && { openTo }),
      })),
    }),
  });
}
