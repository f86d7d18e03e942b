/** The WebSocket as connections see it: small enough that tests are one, and the only thing an adapter must offer. */
export interface Socket {
  /** Address of the client (client.ts), behind trusted proxies too. */
  readonly address: string;
  /** Something on this machine opened it (this-machine.ts); absent: nobody knows. */
  readonly isHere?: boolean;
  send(text: string): void;
  /** Sends a close frame after what was sent before. The peer may take its time: see `terminate`. */
  close(code: number, reason: string): void;
  /** Cuts it at once. */
  terminate(): void;
  ping(): void;
  /** Bytes sent but not yet taken by the peer. */
  bufferedBytes(): number;
  /** From now on also receives what is published on the bus under `topic`, in order with what is sent. */
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** The reports of an adapter about one socket. None of these throws. */
export interface SocketHandler {
  onText(text: string): void;
  onBinary(): void;
  onPong(): void;
  /** The backlog got shorter. */
  onDrain(): void;
  /** Once, however it ended. Nothing comes after it. */
  onClosed(): void;
}

/** One text to every socket that subscribed to a topic, but for `except`: framed once, however many they are. */
export interface Broadcast {
  publish(topic: string, text: string, except?: Socket): void;
}
