// A signal to npm ends npm and the shell between, and does not come to the script that it runs: nobody could stop that any more.

/** How often to look whether npm is still there, milliseconds. */
const lookMs = 500;

/** Ends this process in order, as SIGTERM does, once the `npm start` that runs it has gone. Run by hand, it outlives its shell. */
export function endWithNpm({ env, ppid: parent } = process) {
  if (env.npm_lifecycle_event !== 'start') return;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, lookMs).unref();
}
