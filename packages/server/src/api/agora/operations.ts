import type { Operation, TakenBy } from '../request/operation.ts';
import { changeRule } from './change-rule.ts';
import { createRule } from './create-rule.ts';
import { deleteRule } from './delete-rule.ts';
import { getUserStatus } from './get-user-status.ts';
import { listAgoraChannels } from './list-channels.ts';
import { listHosts } from './list-hosts.ts';
import { listNoticeAddresses } from './list-notice-addresses.ts';
import { listProjects } from './list-projects.ts';
import { listRules } from './list-rules.ts';
import { listUsers } from './list-users.ts';

const operations = [
  listAgoraChannels,
  // Before the user list: the literal `property` stands where an app id would.
  getUserStatus,
  listUsers,
  listHosts,
  createRule,
  listRules,
  changeRule,
  deleteRule,
  listNoticeAddresses('/v1/ncs/ip', 'agoraListNoticeAddressesV1'),
  listNoticeAddresses('/v2/ncs/ip', 'agoraListNoticeAddresses'),
  listProjects,
] as const;

/** The parts that these operations take, together: each names its own beside it. */
export type AgoraParts = TakenBy<(typeof operations)[number]>;

/** The Agora-compatible REST API (spec: rest, sections 1 to 5). */
export const agoraOperations = (parts: AgoraParts): readonly Operation[] =>
  operations.map((operation) => operation(parts));
