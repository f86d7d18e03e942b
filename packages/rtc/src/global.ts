import { AgoraRTC } from './client/agora-rtc.ts';
import * as enums from './enums.ts';
import { AgoraRTCErrorCode } from './errors.ts';

/** Entry of the script-tag build: sets `window.AgoraRTC`, the enums with it. */
Object.assign(globalThis, { AgoraRTC: Object.assign(AgoraRTC, enums, { AgoraRTCErrorCode }) });
