// The names that apps import from the `/services/` entries of the original, to hand them to `AgoraRTC.use`. That takes them and does nothing, so
// that such an app starts; the client's methods of a service work without it, or reject NOT_SUPPORTED.
import type { IAgoraRTCServicePlugin } from './api/elsewhere.ts';
import { unsupported } from './unsupported.ts';

/** A service for `AgoraRTC.use`; whoever calls its parts is told that Housecount has none. */
const service = (name: string, what: string): IAgoraRTCServicePlugin<never, never> => ({
  name,
  create: () => unsupported(what),
  createSubmodule: () => unsupported(what),
});

/** The class behind a service, which apps may name and cannot make. */
abstract class Part {
  constructor(what: string) {
    unsupported(what);
  }
}

const relay = 'channel media relay';
const streaming = 'CDN streaming';
const inspection = 'content inspection';
const moderation = 'image moderation';
const peers = 'connections between members: all media goes over the server';
const channels = 'data channels: sendStreamMessage sends messages over the client’s socket';
const frames = 'access to encoded frames';
const planB = 'connections in Plan B, which browsers no longer have';

export const ChannelMediaRelayService = service('ChannelMediaRelay', relay);
export class AgoraChannelMediaRelayClient extends Part {
  constructor() {
    super(relay);
  }
}

export const LiveStreamingService = service('LiveStreaming', streaming);
export class AgoraRTCLiveStreamingClient extends Part {
  constructor() {
    super(streaming);
  }
}

export const ContentInspectService = service('ContentInspect', inspection);
export class ContentInspect extends Part {
  constructor() {
    super(inspection);
  }
}
export const checkContentInspectConfig = (_config?: unknown): never => unsupported(inspection);

export const ImageModerationService = service('ImageModeration', moderation);
export class ImageModeration extends Part {
  constructor() {
    super(moderation);
  }
}
export const checkImageModerationConfig = (_config?: unknown): never => unsupported(moderation);

export const P2PChannelService = service('P2PChannel', peers);
export class P2PChannel2 extends Part {
  constructor() {
    super(peers);
  }
}

export const PlanBConnectionService = service('PlanBConnection', planB);
export class PlanBConnection extends Part {
  constructor() {
    super(planB);
  }
}

export const DataStreamService = service('DataStream', channels);
export const DataChannelConnectionService = service('DataChannelConnection', channels);
export const DataChannelSignalService = service('DataChannelSignal', channels);
export const InterceptFrameService = service('InterceptFrame', frames);
export const AiAudioModeService = service('AiAudioModeExtension', 'sound mode for machines that listen');
