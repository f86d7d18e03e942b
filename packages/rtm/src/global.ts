import { AgoraRTM } from './agora-rtm.ts';

/** Entry of the script-tag build: sets `window.AgoraRTM`. */
Object.assign(globalThis, { AgoraRTM });
