import type { AgoraRTCApi } from '../api/agora-rtc.ts';
import type { ClientConfig } from '../api/configurations.ts';
import { Emitter } from '../emitter.ts';
import { failure } from '../errors.ts';
import { type GlobalEvents, globalEvents } from '../global-events.ts';
import { log, setLogLevel } from '../log.ts';
import { supportedCodecs } from '../media/codecs.ts';
import { resumeAudioContext } from '../players/audio-context.ts';
import { registerExtensions } from '../processing/extensions.ts';
import { setParameter } from '../settings.ts';
import { activeTrack } from '../tracks/active-track.ts';
import { createBufferSourceAudioTrack } from '../tracks/buffer/buffer-source-track.ts';
import {
  createCameraVideoTrack,
  createCustomAudioTrack,
  createCustomVideoTrack,
  createMicrophoneAndCameraTracks,
  createMicrophoneAudioTrack,
  createScreenVideoTrack,
} from '../tracks/create.ts';
import {
  callbackEvents,
  getCameras,
  getDevices,
  getMicrophones,
  getPlaybackDevices,
  watchDevices,
} from '../tracks/devices.ts';
import { rejectUnsupported, unsupported } from '../unsupported.ts';
import { AgoraClient } from './agora-client.ts';
import { startLastmileProbeTest } from './lastmile.ts';

/** The version of the API that this SDK follows; apps show it and compare with it. */
export const VERSION = '4.24.0';

/** Does this browser have what the SDK needs? */
export function checkSystemRequirements(): boolean {
  return typeof RTCPeerConnection === 'function' && typeof WebSocket === 'function';
}

/** A client; without a configuration `rtc` and `vp8`. INVALID_PARAMS for a mode, codec or role that is none. */
export function createClient(config: Partial<ClientConfig> = {}): AgoraClient {
  const { mode = 'rtc', codec = 'vp8', audioCodec = 'opus', role } = config ?? {};
  if (mode !== 'live' && mode !== 'rtc') throw failure('INVALID_PARAMS', 'the mode must be live or rtc');
  if (!['vp8', 'h264', 'vp9', 'av1', 'h265'].includes(codec))
    throw failure('INVALID_PARAMS', `${codec} is not a codec`);
  if (!['opus', 'pcma', 'pcmu', 'g722'].includes(audioCodec))
    throw failure('INVALID_PARAMS', `${audioCodec} is not an audio codec`);
  // The server carries Opus alone, which every browser has.
  if (audioCodec !== 'opus') log.warn(`sound is sent as Opus, and not as ${audioCodec}`);
  if (role !== undefined && role !== 'host' && role !== 'audience')
    throw failure('INVALID_PARAMS', 'the role must be host or audience');
  watchDevices();
  return new AgoraClient({ ...config, mode, codec });
}

const methods = {
  createClient,
  createMicrophoneAudioTrack,
  createCameraVideoTrack,
  createMicrophoneAndCameraTracks,
  createCustomVideoTrack,
  createCustomAudioTrack,
  createScreenVideoTrack,
  createBufferSourceAudioTrack,
  getDevices,
  getCameras,
  getMicrophones,
  getPlaybackDevices,
  checkSystemRequirements,
  getSupportedCodec: async (): Promise<{ video: string[]; audio: string[] }> => supportedCodecs(),
  checkVideoTrackIsActive: activeTrack,
  checkAudioTrackIsActive: activeTrack,
  setParameter,
  registerExtensions,
  setLogLevel,
  resumeAudioContext,
  // The methods below send or tune something that a self-hosted server does not have.
  enableLogUpload: (): void => undefined,
  disableLogUpload: (): void => undefined,
  setArea: (_area?: unknown): void => undefined,
  setAppType: (_type?: unknown): void => undefined,
  setLicense: (_license?: unknown): void => undefined,
  processExternalMediaAEC: (_element?: unknown): void => undefined,
  preload: async (..._join: unknown[]): Promise<void> => undefined,
  startLastmileProbeTest,
  stopLastmileProbeTest: async (): Promise<void> => undefined,
  getElectronScreenSources: (_type?: unknown): Promise<never> =>
    rejectUnsupported('screen sources of Electron'),
  createChannelMediaRelayConfiguration: (): never => unsupported('channel media relay'),
};

type Callbacks = Partial<Record<keyof typeof callbackEvents, (...args: unknown[]) => unknown>>;

/** The one object of the API: functions, events of the page as a whole, and callbacks that may be assigned. */
class AgoraRTCObject extends Emitter<GlobalEvents> {
  readonly VERSION = VERSION;

  constructor() {
    super();
    for (const [callback, event] of Object.entries(callbackEvents) as [keyof Callbacks, keyof GlobalEvents][])
      globalEvents.on(event, (...args: unknown[]) => {
        (this as Callbacks)[callback]?.(...args);
        this.emit(event, ...(args as GlobalEvents[typeof event]));
      });
    Object.assign(this, methods);
  }

  protected override listened(): void {
    watchDevices();
  }

  /** Plug-ins of other makers are accepted and not run. */
  use(_plugin?: unknown): this {
    return this;
  }
}

export const AgoraRTC: AgoraRTCApi = new AgoraRTCObject() as AgoraRTCObject & typeof methods;
/** The object's methods that are functions by themselves, as its type has them. */
export const functions: Pick<AgoraRTCApi, keyof typeof methods & keyof AgoraRTCApi> = methods;
