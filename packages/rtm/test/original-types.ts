/**
 * Compiled, never run: an app written for the types of `agora-rtm` 2.3.0 goes on with ours. Ours stand where theirs are
 * expected; the enums of theirs are taken by ours, and their private parts, which no app can use, are left out.
 */
import type * as Theirs from 'agora-rtm';
import AgoraRTM, * as Ours from '../src/index.ts';

type PublicParts<T> = Pick<T, keyof T>;
/** Methods that Node's EventEmitter has in theirs; the events' types make ours narrower, so these are compared by use below. */
type EmitterParts =
  | keyof import('node:events').EventEmitter
  | 'logger'
  | 'name'
  | 'logError'
  | 'invokeTracker'
  | 'resultTracker'
  | 'errorTracker'
  | 'eventTracker';

declare const client: Ours.RTMClient;
export const asTheirs: Omit<PublicParts<Theirs.RTMClient>, EmitterParts> = client;
export const parts: [
  Theirs.RTMPresence,
  Theirs.RTMStorage,
  Theirs.RTMLock,
  Theirs.RTMHistory,
  Theirs.RTMStreamChannel,
] = [client.presence, client.storage, client.lock, client.history, client.createStreamChannel('x')];

/** The classes apart, which are compared above, the object of the API is theirs. */
export const api: Omit<typeof Theirs.default, 'RTM' | 'RTMBaseError'> = AgoraRTM;

/** Listeners written for their events take ours. */
declare const theirListeners: Theirs.RTMEvents.RTMClientEventMap;
client.addEventListener('message', theirListeners.message);
client.addEventListener('presence', theirListeners.presence);
client.addEventListener('linkState', theirListeners.linkState);
client.addEventListener('token', theirListeners.token);
client.addEventListener('tokenPrivilegeWillExpire', theirListeners.tokenPrivilegeWillExpire);
client.addEventListener('storage', theirListeners.storage);
client.addEventListener('lock', theirListeners.lock);
client.addEventListener('topic', theirListeners.topic);
/** Apps of 2.2 and before listen to `status` as to any other. */
const onStatus = ({ state }: { state: string; reason: string; timestamp: number }): void =>
  console.log(state);
client.addEventListener('status', onStatus);
client.addEventListener('status', ({ state, reason }) => console.log(state === 'FAILED', reason));
client.removeEventListener('status', onStatus);
client.on('presence', theirListeners.presence).once('anything', () => undefined);
client.removeEventListener('presence', theirListeners.presence);
client.off('linkState', theirListeners.linkState).removeAllListeners('linkState');

/** Every event of theirs has the same fields as ours, in both directions. */
type Events = keyof Theirs.RTMEvents.RTMClientEventMap & keyof Ours.RTMEvents.RTMClientEventMap;
export const eventsThere: Theirs.RTMEvents.RTMClientEventMap = {} as Ours.RTMEvents.RTMClientEventMap;
export const eventsBack: Ours.RTMEvents.RTMClientEventMap = {} as Theirs.RTMEvents.RTMClientEventMap;
export const everyEvent: Record<keyof Theirs.RTMEvents.RTMClientEventMap, true> = {} as Record<Events, true>;

/** Configurations, options and requests written for theirs. */
declare const config: Theirs.RTMConfig;
declare const subscribeOptions: Theirs.SubscribeOptions;
declare const publishOptions: Theirs.PublishOptions;
declare const onlineOptions: Theirs.WhoNowOptions;
declare const items: Theirs.MetadataItem[];
declare const metadataOptions: Theirs.MetadataOptions;
declare const area: Parameters<(typeof Theirs.default)['setArea']>[0];

export async function app(): Promise<void> {
  const { RTM, setArea, setParameter, getParameter, constantsType, RTMBaseError } = AgoraRTM;
  setArea(area);
  setParameter('x', getParameter('x'));
  const rtm = new RTM('app', 'user', config);
  const constructorOfTheirs: ConstructorParameters<typeof Theirs.RTMClient> = ['app', 'user', config];
  new RTM(...constructorOfTheirs);
  const login: Theirs.LoginResponse = await rtm.login({ token: 'x' });
  const subscribed: Theirs.SubscribeResponse = await rtm.subscribe('x', subscribeOptions);
  const published: Theirs.PublishResponse = await rtm.publish('x', new Uint8Array(), publishOptions);
  const who: Theirs.GetOnlineUsersResponse = await rtm.presence.getOnlineUsers('x', 'MESSAGE', onlineOptions);
  const where: Theirs.WhereNowResponse = await rtm.presence.whereNow('x');
  const state: Theirs.GetStateResponse = await rtm.presence.getState('u', 'x', 'MESSAGE');
  await rtm.storage.setChannelMetadata('x', 'MESSAGE', items, metadataOptions);
  const error: Theirs.ErrorInfo = new RTMBaseError('op', ['%s', 1], { code: 1 });
  const text: string = constantsType.LinkStateChangeReasonDescription.LOGIN;
  const kind: number = constantsType.ChannelTypeEnum.USER;
  console.log(login, subscribed, published, who, where, state, error, text, kind);
}
export const theirError: Theirs.RTMBaseError = {} as Ours.RTMBaseError;

/** Every value and type that theirs exports, ours does too; of the values also the class names. */
export const everyValue: Record<keyof typeof Theirs, unknown> = Ours;
export type EveryType = [
  Ours.AcquireLockOptions,
  Ours.AcquireLockResponse,
  Ours.BaseResponse,
  Ours.ChannelDetail,
  Ours.ChannelMetadataOperationResponse,
  Ours.ChannelType,
  Ours.ErrorInfo,
  Ours.GetChannelMetadataResponse,
  Ours.GetHistoryMessageOptions,
  Ours.GetLockResponse,
  Ours.GetMessagesResponse,
  Ours.GetOnlineUsersOptions,
  Ours.GetOnlineUsersResponse,
  Ours.GetStateResponse,
  Ours.GetSubscribedUserListResponse,
  Ours.GetUserChannelsResponse,
  Ours.GetUserMetadataOptions,
  Ours.GetUserMetadataResponse,
  Ours.HistoryChannelType,
  Ours.HistoryMessage,
  Ours.IAgoraRTM,
  Ours.IErrorInfo,
  Ours.JoinChannelResponse,
  Ours.JoinOptions,
  Ours.JoinTopicResponse,
  Ours.LeaveChannelResponse,
  Ours.LeaveTopicResponse,
  Ours.LockDetail,
  Ours.LockOperationResponse,
  Ours.LoginResponse,
  Ours.LogoutResponse,
  Ours.MetaDataDetail,
  Ours.MetadataItem,
  Ours.MetadataOptions,
  Ours.OccupancyDetail,
  Ours.PrivateConfig,
  Ours.PublishOptions,
  Ours.PublishResponse,
  Ours.PublishTopicMessageOptions,
  Ours.PublishTopicMessageResponse,
  Ours.RTMConfig,
  Ours.RTMOperationResponse,
  Ours.ReleaseLockResponse,
  Ours.RemoveChannelMetadataOptions,
  Ours.RemoveChannelMetadataResponse,
  Ours.RemoveLockResponse,
  Ours.RemoveStateOptions,
  Ours.RemoveStateResponse,
  Ours.RemoveUserMetadataOptions,
  Ours.RemoveUserMetadataResponse,
  Ours.RenewTokenOptions,
  Ours.RenewTokenResponse,
  Ours.RevokeLockResponse,
  Ours.ServiceType,
  Ours.SetChannelMetadataResponse,
  Ours.SetLockOptions,
  Ours.SetLockResponse,
  Ours.SetOrUpdateUserMetadataOptions,
  Ours.SetStateResponse,
  Ours.SetUserMetadataResponse,
  Ours.StateDetail,
  Ours.StorageData,
  Ours.StreamChannelOperationResponse,
  Ours.SubscribeOptions,
  Ours.SubscribeResponse,
  Ours.SubscribeTopicOptions,
  Ours.SubscribeTopicResponse,
  Ours.SubscribeUserMetaResponse,
  Ours.SubscribedFailedReason,
  Ours.UnsubscribeResponse,
  Ours.UnsubscribeTopicOptions,
  Ours.UnsubscribeTopicResponse,
  Ours.UnsubscribeUserMetaResponse,
  Ours.UpdateChannelMetadataResponse,
  Ours.UpdateConfigResponse,
  Ours.UpdateUserMetadataResponse,
  Ours.UserMetadataOperationResponse,
  Ours.WhereNowResponse,
  Ours.WhoNowOptions,
  Ours.WhoNowResponse,
  Ours.joinTopicOptions,
];
