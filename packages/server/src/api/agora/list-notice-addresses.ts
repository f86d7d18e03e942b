import { agoraNoticeAddresses } from '@housecount/schema';
import type { OperationId } from '../access/access-rules.ts';
import { type Operation, operation } from '../request/operation.ts';
import { other } from './style.ts';

export interface NoticeAddressParts {
  /** Addresses that notices leave from, for a receiver's allow-list. */
  readonly noticeAddresses: () => readonly string[];
}

/** Spec: rest 4. Served under two paths, as both are in use. */
export const listNoticeAddresses =
  (path: string, id: OperationId) =>
  (parts: NoticeAddressParts): Operation =>
    operation({
      method: 'GET',
      path,
      id,
      summary: 'Addresses that notices come from, for an allow-list',
      style: other('notice addresses'),
      parameters: [],
      answer: {
        description: 'Ask again at least once a day.',
        schema: agoraNoticeAddresses,
      },
      handle: () => ({
        data: { service: { hosts: parts.noticeAddresses().map((primaryIP) => ({ primaryIP })) } },
      }),
    });
