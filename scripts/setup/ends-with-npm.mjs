// A signal to npm ends npm and the shell between, and does not come to the script that it runs: nobody could stop that any more.

/** How often to look whether npm is still there, milliseconds. */
const lookMs = 500;

/** Scripts of package.json that go on until they are ended, or for long. */
const scripts = ['start', 'dev', 'test', 'test:watch'];

/** Ends this process in order, as SIGTERM does, once the npm that runs it as one of `scripts` has gone. Run by hand, it outlives its shell. */
export function endWithNpm({ env, ppid: parent } = process) {
  if (!scripts.includes(env.npm_lifecycle_event ?? '')) return;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, lookMs).unref();
}
