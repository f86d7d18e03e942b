import { AgoraRTM } from './client/agora-rtm.ts';

/** Entry of the script-tag build: sets `window.AgoraRTM`. */
Object.assign(globalThis, { AgoraRTM });
