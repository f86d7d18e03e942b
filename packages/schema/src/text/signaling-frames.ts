import { signalingClientFrame } from '../frames/signaling-frames.ts';
import { signalingServerFrame } from '../frames/signaling-server-frames.ts';
import { typesModule } from './typescript.ts';

/** The module of the protocol with the types of signaling frames, both ways. */
export const signalingTypesModule = (): string => typesModule([signalingClientFrame, signalingServerFrame]);
