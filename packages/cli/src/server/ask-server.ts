import { connect } from 'node:net';
import { controlPath, controlPathBytesMax } from '@housecount/server/operate/control-socket';

/** Longer than it takes a server to read its file and end the sessions of an app, milliseconds. */
const answerMsMax = 60_000;

/** Asks the server of a data folder on this machine. @throws Error if there is none, or it does not answer. */
export async function askServer(dataDir: string, request: string): Promise<unknown> {
  const path = controlPath(dataDir);
  if (Buffer.byteLength(path) > controlPathBytesMax)
    throw new Error(
      `${dataDir} is too long a path to ask there: send SIGHUP to the server, its log says what came of it`,
    );
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(answerMsMax, () => socket.destroy(new Error('the server did not answer')));
    socket.on('connect', () => socket.write(`${request}\n`));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error) => reject(failureOf(error, dataDir)));
    socket.on('close', () => resolve(text));
  });
  if (!answer.endsWith('\n')) throw new Error('the server ended before it answered');
  return JSON.parse(answer);
}

function failureOf(error: Error & { code?: string }, dataDir: string): Error {
  if (error.code === 'EACCES')
    return new Error(`${dataDir} is not yours to open: call this as the user that the server runs as`);
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
    return new Error(
      `no server runs on the data folder ${dataDir}: give --config or --data-dir as the server has it`,
    );
  return error;
}
