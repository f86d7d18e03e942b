import { clearBytes, escapeBytes, type FrameKind, isAnnexB, unescapeBytes } from './frame-bytes.ts';
import { type CipherKey, type FrameCipher, frameCipher } from './frame-cipher.ts';

/** What one transform does. */
export interface FrameWork {
  readonly operation: 'seal' | 'open';
  readonly kind: FrameKind;
}

interface EncodedFrame {
  data: ArrayBuffer;
}
interface FramePipe extends FrameWork {
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
}
/** The worker's global scope, as far as it is used. */
interface WorkerScope {
  onmessage: ((event: { data: { key?: CipherKey; pipe?: FramePipe } }) => void) | null;
  onrtctransform:
    | ((event: { transformer: Omit<FramePipe, keyof FrameWork> & { options: FrameWork } }) => void)
    | null;
  postMessage(message: 'failed'): void;
}

/**
 * The worker: takes the key once, then frames of each transform, and says `failed` for each that could not be opened, which then goes no
 * further. It names nothing from outside.
 */
export function serveFrames(scope: WorkerScope, makeCipher: (key: CipherKey) => FrameCipher): void {
  let start: (cipher: FrameCipher) => void = () => undefined;
  const cipher = new Promise<FrameCipher>((resolve) => {
    start = resolve;
  });
  const run = async ({ readable, writable, operation, kind }: FramePipe): Promise<void> => {
    const { sealer, opener } = await cipher;
    const work = operation === 'seal' ? sealer(kind) : opener(kind);
    const transform = new TransformStream<EncodedFrame, EncodedFrame>({
      async transform(frame, controller) {
        // An empty frame says that nothing was sent.
        if (frame.data.byteLength === 0) return;
        try {
          const made = await work(new Uint8Array(frame.data));
          frame.data = made.buffer as ArrayBuffer;
          controller.enqueue(frame);
        } catch {
          scope.postMessage('failed');
        }
      },
    });
    // It ends with its connection.
    await readable
      .pipeThrough(transform)
      .pipeTo(writable)
      .catch(() => undefined);
  };
  scope.onmessage = ({ data: { key, pipe } }) => {
    if (key) start(makeCipher(key));
    if (pipe) void run(pipe);
  };
  scope.onrtctransform = ({ transformer: { readable, writable, options } }) => {
    void run({ readable, writable, operation: options.operation, kind: options.kind });
  };
}

/** The script of the worker: the text of the functions that it runs. */
export const workerScript = (): string =>
  `const tools={clearBytes:${clearBytes},isAnnexB:${isAnnexB},escapeBytes:${escapeBytes},unescapeBytes:${unescapeBytes}};` +
  `const frameCipher=${frameCipher};(${serveFrames})(self,(key)=>frameCipher(key,tools));`;
