import { matchesName } from '../glob.ts';
import { rtm2Permissions, rtm2Resources, type TokenList } from './access-token.ts';

export type Resource = keyof typeof rtm2Resources;
export type Access = keyof typeof rtm2Permissions;

/** Answers what a token with lists allows: what they name, exactly or by a pattern with `*`, and nothing else. */
export class Permissions {
  readonly #lists: readonly TokenList[];

  constructor(lists: readonly TokenList[]) {
    this.#lists = lists;
  }

  allows(access: Access, resource: Resource, name: string): boolean {
    return this.#lists.some(
      (list) =>
        list.resource === rtm2Resources[resource] &&
        list.permission === rtm2Permissions[access] &&
        // Elsewhere in tokens an empty name is any; here a list with one would be a list of all.
        list.names.some((pattern) => pattern !== '' && matchesName(pattern, name)),
    );
  }
}
