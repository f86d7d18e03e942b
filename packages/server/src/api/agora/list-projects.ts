import { appsOf } from '../access/access.ts';
import { array, constant, object, string } from '../document/schema.ts';
import type { AppList } from '../request/apps.ts';
import type { Operation } from '../request/operation.ts';
import { other } from './style.ts';

/** Spec: rest 5: what samples call to try out their credentials. Certificates are not shown. */
export function listProjects(list: AppList): Operation {
  return {
    method: 'GET',
    path: '/dev/v1/projects',
    id: 'agoraListProjects',
    summary: 'The apps, as projects',
    style: other('projects'),
    parameters: [],
    answer: {
      description: '`vendor_key` is the app id.',
      schema: object({
        projects: array(object({ id: string(), name: string(), vendor_key: string(), status: constant(1) })),
      }),
    },
    handle: ({ caller }) => ({
      projects: (caller ? appsOf(list.apps(), caller) : []).map(({ id }) => ({
        id,
        name: id,
        vendor_key: id,
        status: 1,
      })),
    }),
  };
}
