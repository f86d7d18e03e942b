import { AgoraRTM } from './agora-rtm.ts';

// For pages that load the SDK with a script tag.
(globalThis as { AgoraRTM?: unknown }).AgoraRTM = AgoraRTM;
