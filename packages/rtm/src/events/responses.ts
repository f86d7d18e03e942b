/** Every answer has a time: epoch milliseconds of the server, or 0 where it was not asked. */
export interface BaseResponse {
  timestamp: number;
}
export interface RTMOperationResponse extends BaseResponse {
  channelName: string;
}
export interface SubscribeResponse extends RTMOperationResponse {}
export interface UnsubscribeResponse extends RTMOperationResponse {}
export interface LoginResponse extends BaseResponse {}
export interface LogoutResponse extends BaseResponse {}
export interface PublishResponse extends RTMOperationResponse {}
export interface RenewTokenResponse extends BaseResponse {}
export interface UpdateConfigResponse extends BaseResponse {}
