// A user of the built SDK, told what to do as JSON from outside: the same in a page and in plain Node.

/** Makes the client; what it tells is kept, in order. Calls are paths from the client, with their arguments. */
export function drive(AgoraRTM, { url, appId, userId }) {
  AgoraRTM.setParameter('HOUSECOUNT_URL', url);
  const client = new AgoraRTM.RTM(appId, userId, { logLevel: 'none' });
  const told = [];
  for (const name of ['linkState', 'message', 'presence', 'storage', 'lock'])
    client.addEventListener(name, (event) => told.push({ name, ...plain(event) }));
  return {
    told: () => told,
    /** Resolves with the answer, or the error's code. */
    async call(path, args) {
      const names = path.split('.');
      const method = names.pop();
      const object = names.reduce((each, name) => each[name], client);
      try {
        return { ok: plain(await object[method](...args.map(unplain))) };
      } catch (error) {
        return { code: error.errorCode ?? String(error) };
      }
    },
  };
}

/** Bytes as a list of numbers, for JSON has none. */
const plain = (value) =>
  JSON.parse(JSON.stringify(value, (_, each) => (each instanceof Uint8Array ? { bytes: [...each] } : each)));
const unplain = (value) => (Array.isArray(value?.bytes) ? Uint8Array.from(value.bytes) : value);
