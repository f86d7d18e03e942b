import type { ApiDeps } from '../deps.ts';
import type { Operation } from '../request/operation.ts';
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

/** The Agora-compatible REST API (spec: rest, sections 1 to 5). */
export function agoraOperations(deps: ApiDeps): readonly Operation[] {
  return [
    listAgoraChannels(deps),
    // Before the user list: the literal `property` stands where an app id would.
    getUserStatus(deps),
    listUsers(deps),
    listHosts(deps),
    createRule(deps),
    listRules(deps),
    changeRule(deps),
    deleteRule(deps),
    listNoticeAddresses(deps, '/v1/ncs/ip', 'agoraListNoticeAddressesV1'),
    listNoticeAddresses(deps, '/v2/ncs/ip', 'agoraListNoticeAddresses'),
    listProjects(deps),
  ];
}
