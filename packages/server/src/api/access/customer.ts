import { customerRoles } from '@housecount/schema';

export { customerRoles };
export type CustomerRole = (typeof customerRoles)[number];

/** A user of the REST API and the console: a backend, an operator, somebody who looks on. */
export interface Customer {
  readonly id: string;
  readonly secret: string;
  /** App ids; undefined: every app of the server. */
  readonly apps: readonly string[] | undefined;
  readonly role: CustomerRole;
  /** False: is not told who people are. */
  readonly names: boolean;
}
