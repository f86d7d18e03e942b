import type { OperationId } from '../access/access-rules.ts';
import type { ApiDeps } from '../deps.ts';
import { array, object, string } from '../document/schema.ts';
import type { Operation } from '../request/operation.ts';
import { other } from './style.ts';

/** Spec: rest 4. Served under two paths, as both are in use. */
export function listNoticeAddresses(deps: ApiDeps, path: string, id: OperationId): Operation {
  return {
    method: 'GET',
    path,
    id,
    summary: 'Addresses that notices come from, for an allow-list',
    style: other('notice addresses'),
    parameters: [],
    answer: {
      description: 'Ask again at least once a day.',
      schema: object({
        data: object({ service: object({ hosts: array(object({ primaryIP: string() })) }) }),
      }),
    },
    handle: () => ({
      data: { service: { hosts: deps.noticeAddresses().map((primaryIP) => ({ primaryIP })) } },
    }),
  };
}
