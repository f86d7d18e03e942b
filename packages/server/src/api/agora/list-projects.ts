import { agoraProjects } from '@housecount/schema';
import { appsOf } from '../access/access.ts';
import type { AppList } from '../request/apps.ts';
import { type Operation, operation } from '../request/operation.ts';
import { other } from './style.ts';

/** Spec: rest 5: what samples call to try out their credentials. Certificates are not shown. */
export function listProjects(list: AppList): Operation {
  return operation({
    method: 'GET',
    path: '/dev/v1/projects',
    id: 'agoraListProjects',
    summary: 'The apps, as projects',
    style: other('projects'),
    parameters: [],
    answer: {
      description: '`vendor_key` is the app id.',
      schema: agoraProjects,
    },
    handle: ({ caller }) => ({
      projects: (caller ? appsOf(list.apps(), caller) : []).map(({ id }) => ({
        id,
        name: id,
        vendor_key: id,
        status: 1 as const,
      })),
    }),
  });
}
