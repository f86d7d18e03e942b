import { expect } from 'bun:test';
import type { Surroundings } from '../surroundings.ts';
import { FakeNet, type FakeNetSocket, type Said } from './fake-net.ts';

/** The states that a link reports: it stands, it was lost and is tried again, or it is over for good. */
export type Told = 'connected' | 'lost' | 'over';

/** One SDK's link, as the contract uses it. */
export interface LinkUnderTest {
  /** Resolves at the first welcome. */
  open(): Promise<unknown>;
  /** A request; `long`: longer than the server takes. */
  ask(long?: boolean): Promise<unknown>;
  /** The network is said to be back. */
  hurry(): void;
  /** Says goodbye, and ends. */
  leave(): unknown;
}

/** The terms of a welcome. */
export interface Terms {
  readonly leaseMs?: number;
  readonly recoveryMs?: number;
  readonly pingMs: number;
  readonly resumed: boolean;
  readonly key: string;
}

/** One SDK: its link, and the frames of its server. */
export interface Side {
  readonly name: string;
  make(surroundings: Surroundings, told: (what: Told) => void): LinkUnderTest;
  readonly hello: string;
  readonly goodbye: string;
  /** The key with which a hello resumes the session. */
  keyOf(hello: Said): unknown;
  welcome(terms: Terms): object;
  refusal(id: number): object;
  /** The longest first wait after a loss, milliseconds. */
  readonly firstWaitMsMax: number;
  /** Time for the answer to a request, milliseconds; undefined where there is no end to it but the socket's. */
  readonly answerMs?: number;
}

/** A link that stands, and the server that it talks to. */
export interface Scene {
  readonly net: FakeNet;
  readonly link: LinkUnderTest;
  readonly told: Told[];
  /** The hellos so far. */
  hellos(): Said[];
  /** Requests, without pings. */
  requests(): Said[];
  terms: Omit<Terms, 'resumed' | 'key'>;
  onHello: (hello: Said, socket: FakeNetSocket) => void;
  onRequest: (request: Said & { id: number }, socket: FakeNetSocket) => void;
  isMute: boolean;
}

/** Opens a link; that it stands is heard already. */
export async function connect(side: Side, terms: Partial<Scene['terms']> = {}): Promise<Scene> {
  const scene = sceneOf(side, terms);
  const opened = scene.link.open();
  await scene.net.settle();
  await opened;
  expect(scene.told.splice(0)).toEqual(['connected']);
  return scene;
}

function sceneOf(side: Side, terms: Partial<Scene['terms']>): Scene {
  const net = new FakeNet();
  const told: Told[] = [];
  let keys = 0;
  const scene: Scene = {
    net,
    told,
    link: side.make(net.surroundings, (what) => told.push(what)),
    hellos: () => net.said.filter(({ type }) => type === side.hello),
    requests: () => net.said.filter(({ id }) => id !== undefined),
    terms: { pingMs: 3_000, ...terms },
    isMute: false,
    onHello: (hello, socket) => {
      const resumed = side.keyOf(hello) !== undefined;
      keys += 1;
      socket.tell(side.welcome({ ...scene.terms, resumed, key: `k${keys}` }));
    },
    onRequest: ({ id }, socket) => socket.tell({ type: 'ok', id, serverMs: 1 }),
  };
  net.onSaid = (frame, socket) => {
    if (frame.type === side.hello) scene.onHello(frame, socket);
    else if (frame.type === 'ping') {
      if (!scene.isMute) socket.tell({ type: 'pong' });
    } else if (frame.id !== undefined) scene.onRequest(frame as Said & { id: number }, socket);
  };
  return scene;
}
