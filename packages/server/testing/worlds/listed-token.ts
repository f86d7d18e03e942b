import { Rtm2Permissions } from 'agora-token';
import { AccessToken2, ServiceRtm2 } from 'agora-token/src/AccessToken2';
import { app } from './signaling-world.ts';

/** What a token allows, by the number of the resource: the names that may be read, and those that may be written to. */
export interface Lists {
  readonly [resource: number]: readonly [read: readonly string[], write: readonly string[]];
}

/** For tests: a token with lists as the official builder makes it, good for an hour. */
export function listedTokenOf(userId: string, nowMs: number, lists: Lists): string {
  const permissions = new Rtm2Permissions();
  for (const [resource, [read, write]] of Object.entries(lists)) {
    permissions.add(Number(resource), 0, [...read]);
    permissions.add(Number(resource), 1, [...write]);
  }
  const token = new AccessToken2(app.id, app.certificate ?? '', Math.floor(nowMs / 1000), 3600);
  const service = new ServiceRtm2(userId, permissions);
  service.add_privilege(1, 3600);
  token.add_service(service);
  return token.build();
}
