import { type ChildProcess, fork } from 'node:child_process';

/** A process that is not gone by then is killed, milliseconds. */
const endMs = 10_000;

/** The calls that a bench process answers; inputs and results are plain data. */
export type Calls = Readonly<Record<string, (input: never) => unknown>>;

/** A bench process of its own, so that its CPU and memory are nobody else's. */
export interface Child<C extends Calls> {
  readonly pid: number;
  call<Name extends keyof C & string>(
    name: Name,
    input: Parameters<C[Name]>[0],
  ): Promise<Awaited<ReturnType<C[Name]>>>;
  /** Lets it go, for it to clean up after itself; resolves when it is gone. */
  end(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}
interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts a file that ends with `serveCalls`; calls reject when it fails or ends. */
export function startChild<C extends Calls>(file: URL): Child<C> {
  const child: ChildProcess = fork(file, [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('message', (message) => {
    const { id, result, error } = message as Reply;
    const asked = open.get(id);
    open.delete(id);
    if (error === undefined) asked?.resolve(result as never);
    else asked?.reject(new Error(error));
  });
  void gone.then(() => {
    for (const { reject } of open.values()) reject(new Error('the bench process ended'));
  });
  return {
    pid: child.pid ?? -1,
    call: (name, input) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        open.set(lastId, { resolve, reject });
        const question: Question = { id: lastId, name, input };
        child.send(question);
      }),
    async end() {
      if (child.connected) child.disconnect();
      const kill = setTimeout(() => child.kill('SIGKILL'), endMs);
      await gone;
      clearTimeout(kill);
    },
  };
}

/** Answers the parent's calls until it goes away. */
export function serveCalls(calls: Calls): void {
  process.on('message', async (message) => {
    const { id, name, input } = message as Question;
    let reply: Reply;
    try {
      const call = calls[name];
      if (!call) throw new Error(`no call ${name}`);
      reply = { id, result: await call(input as never) };
    } catch (error) {
      reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(reply);
  });
  process.on('disconnect', () => process.exit(0));
}
