/** For tests: RTCPeerConnection, MediaStream and fetch as far as the SDK uses them, with a WHIP and WHEP server behind. */

export class FakeTrack extends EventTarget {
  enabled = true;
  muted = false;
  readyState = 'live';
  contentHint = '';
  readonly label = 'fake';
  readonly id = crypto.randomUUID();
  constructor(readonly kind: 'audio' | 'video') {
    super();
  }
  stop(): void {
    this.readyState = 'ended';
  }
  /** The track as the browser's class, for code that takes one. */
  get real(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }
}

class FakeSender {
  track: FakeTrack | null = null;
  async replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
  }
  constructor(public encodings: RTCRtpEncodingParameters[]) {}
  getParameters() {
    return { encodings: structuredClone(this.encodings) };
  }
  async setParameters({ encodings }: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    this.encodings = encodings;
  }
}

class FakeTransceiver {
  readonly sender: FakeSender;
  readonly receiver: { track: FakeTrack };
  /** The direction in the answer; a test may set `inactive`, which declines the kind. */
  currentDirection: string | null = null;
  constructor(
    readonly kind: 'audio' | 'video',
    readonly direction: string,
    encodings: RTCRtpEncodingParameters[] = [{}],
  ) {
    this.sender = new FakeSender(encodings);
    this.receiver = { track: new FakeTrack(kind) };
  }
}

export class FakePeerConnection extends EventTarget {
  static readonly all: FakePeerConnection[] = [];
  /** Does media find its way, as soon as there is an answer? */
  static connects = true;
  /** The kind that an answer declines, if any. */
  static declines: 'audio' | 'video' | undefined;
  /** What the browser makes of a sender that is to send several layers. */
  static layers: 'sent' | 'ignored' | 'refused' = 'sent';
  readonly transceivers: FakeTransceiver[] = [];
  readonly answers: string[] = [];
  readonly iceGatheringState = 'complete';
  connectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  onicecandidate: ((event: { candidate: null }) => void) | null = null;
  restarts = 0;
  /** What was configured last. */
  given: RTCConfiguration | undefined;
  /** Called with what the SDK configures, and kept for tests. */
  constructor(readonly configuration: RTCConfiguration = {}) {
    super();
    FakePeerConnection.all.push(this);
  }
  addTransceiver(
    kind: 'audio' | 'video',
    { direction, sendEncodings }: { direction: string; sendEncodings?: RTCRtpEncodingParameters[] },
  ): FakeTransceiver {
    if (sendEncodings && FakePeerConnection.layers === 'refused') throw new TypeError('sendEncodings');
    const isSent = FakePeerConnection.layers === 'sent';
    const transceiver = new FakeTransceiver(kind, direction, isSent ? sendEncodings : undefined);
    this.transceivers.push(transceiver);
    return transceiver;
  }
  async createOffer() {
    return { type: 'offer', sdp: 'v=0' };
  }
  async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
  }
  async setRemoteDescription({ sdp = '' }: { sdp?: string } = {}): Promise<void> {
    this.answers.push(sdp);
    for (const transceiver of this.transceivers)
      if (transceiver.kind === FakePeerConnection.declines) transceiver.currentDirection = 'inactive';
    if (FakePeerConnection.connects) queueMicrotask(() => this.becomes('connected'));
  }
  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }
  setConfiguration(given: RTCConfiguration): void {
    this.given = given;
  }
  restartIce(): void {
    this.restarts += 1;
  }
  async getStats(): Promise<Map<string, unknown>> {
    return new Map();
  }
  close(): void {
    this.connectionState = 'closed';
  }
  /** The state changes as the browser would say it. */
  becomes(state: string): void {
    if (this.connectionState === 'closed') return;
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

export interface MediaRequest {
  readonly method: string;
  readonly path: string;
  readonly bearer: string;
}

/** Answers offers with sessions m1, m2, …; `refuse` may answer in its place. */
export class FakeMediaServer {
  readonly requests: MediaRequest[] = [];
  readonly open = new Set<string>();
  refuse: (request: MediaRequest) => Response | undefined = () => undefined;
  readonly #before = {
    fetch: globalThis.fetch,
    RTCPeerConnection: globalThis.RTCPeerConnection,
    RTCRtpSender: globalThis.RTCRtpSender,
    MediaStream: globalThis.MediaStream,
  };
  #next = 1;

  install(): this {
    FakePeerConnection.all.length = 0;
    FakePeerConnection.connects = true;
    FakePeerConnection.declines = undefined;
    FakePeerConnection.layers = 'sent';
    Object.assign(globalThis, {
      RTCPeerConnection: FakePeerConnection,
      RTCRtpSender: class {},
      MediaStream: class {},
      fetch: (url: string, init: RequestInit) => this.#answer(new URL(url), init),
    });
    return this;
  }

  restore(): void {
    Object.assign(globalThis, this.#before);
  }

  /** Paths that were asked with this method, in order. */
  paths(method: string): string[] {
    return this.requests.filter((request) => request.method === method).map((request) => request.path);
  }

  async #answer(url: URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const request = {
      method: init.method ?? 'GET',
      path: url.pathname + url.search,
      bearer: headers.get('authorization')?.replace('Bearer ', '') ?? '',
    };
    this.requests.push(request);
    const refused = this.refuse(request);
    if (refused) return refused;
    if (request.method === 'POST') {
      const session = `m${this.#next++}`;
      this.open.add(session);
      return new Response('v=0', { status: 201, headers: { location: `/v1/media/${session}` } });
    }
    const session = url.pathname.split('/').at(-1) ?? '';
    if (headers.get('if-match') === '*' && this.open.has(session))
      return new Response(
        'a=ice-ufrag:other\r\na=ice-pwd:secret\r\na=candidate:1 1 UDP 1 192.0.2.1 7082 typ host\r\n',
        {
          status: 200,
        },
      );
    const known = request.method === 'DELETE' ? this.open.delete(session) : this.open.has(session);
    return new Response(null, { status: known ? 204 : 404 });
  }
}

/** A refusal as the server sends it. */
export const problem = (status: number, code: string): Response =>
  new Response(JSON.stringify({ code }), { status, headers: { 'content-type': 'application/problem+json' } });
