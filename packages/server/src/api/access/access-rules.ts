import type { CustomerRole } from './customer.ts';

/** The rule of an operation of the REST API: what it asks of its caller. */
export type AccessRule = LoginRule | 'everybody';

export interface LoginRule {
  /** The least role: `read` looks on, `operate` acts on people, messages and deliveries, `admin` says where notices go. */
  readonly role: CustomerRole;
  /** The place in the request that names its app, which must be one of the customer's; `none`: it is about no app. */
  readonly app: 'path' | 'query' | 'body' | 'none';
  /**
   * The answer to a customer without names. `masked`: the same, without who it was (names-hidden.ts). `refused`: nothing,
   * because the request or the answer is about named people, or shows what they wrote. `own`: the handler decides,
   * because it is a stream, or names somebody only with some parameters.
   */
  readonly withoutNames: 'masked' | 'refused' | 'own';
}

const rule =
  <Role extends CustomerRole>(role: Role) =>
  (
    withoutNames: LoginRule['withoutNames'],
    app: LoginRule['app'] = 'path',
  ): LoginRule & { readonly role: Role } => ({
    role,
    app,
    withoutNames,
  });
const read = rule('read');
const operate = rule('operate');
const admin = rule('admin');

/**
 * Every operation of the REST API by its id, with what it asks. An operation that has no line here does not compile, and
 * routes.ts holds every request to its line before the handler sees it.
 */
export const accessRules = {
  getOpenApi: 'everybody',
  getSession: 'everybody',
  getDemoToken: 'everybody',

  listApps: read('masked', 'none'),
  listChannels: read('masked'),
  getRoster: read('masked'),
  listEvents: read('masked'),
  listSids: read('masked'),
  pullEvents: read('masked'),
  getSnapshot: read('own'),
  // The stream shows signed bodies as they are; the same events without names are to be pulled.
  followNotices: read('refused'),
  followAttempts: read('own'),

  listEndpoints: read('masked'),
  getEndpoint: read('masked'),
  // Whoever says where notices go is sent names.
  createEndpoint: admin('refused'),
  changeEndpoint: admin('refused'),
  deleteEndpoint: admin('masked'),
  enableEndpoint: admin('masked'),
  rotateEndpointSecret: admin('masked'),
  testEndpoint: operate('masked'),
  pauseEndpoint: operate('masked'),
  resumeEndpoint: operate('masked'),

  listGivenUp: read('masked'),
  searchDeliveries: read('own'),
  getDelivery: read('masked'),
  // A filter by uid, and the number it finds, would tell who it was.
  redeliver: operate('refused'),
  getRedelivery: read('masked'),
  cancelRedelivery: operate('masked'),

  // Whoever names a publisher speaks as somebody, and is told if that one is logged in.
  publishToChannel: operate('refused'),
  publishToUser: operate('refused'),
  listChannelMessages: read('refused'),
  listUserMessages: read('refused'),
  deleteChannelMessages: operate('refused'),
  deleteUserMessages: operate('refused'),
  listChannelUsers: read('own'),
  listUserChannels: read('refused'),
  getUserStatus: read('refused'),
  removeFromChannel: operate('refused'),
  endSession: operate('refused'),
  getChannelMetadata: read('refused'),
  changeChannelMetadata: operate('refused'),
  getUserMetadata: read('refused'),
  changeUserMetadata: operate('refused'),
  listLocks: read('masked'),
  revokeLock: operate('refused'),
  listSubscribers: read('masked'),
  listSubscriberEvents: read('masked'),
  createRule: operate('refused'),
  listRules: read('masked'),
  deleteRule: operate('masked'),

  agoraListChannels: read('masked'),
  agoraGetUserStatus: read('refused'),
  agoraListUsers: read('refused'),
  agoraListHosts: read('refused'),
  agoraCreateRule: operate('refused', 'body'),
  agoraListRules: read('refused', 'query'),
  agoraChangeRule: operate('masked', 'body'),
  agoraDeleteRule: operate('masked', 'body'),
  agoraListNoticeAddresses: read('masked', 'none'),
  agoraListNoticeAddressesV1: read('masked', 'none'),
  agoraListProjects: read('masked', 'none'),
} as const satisfies Record<string, AccessRule>;

export type OperationId = keyof typeof accessRules;
