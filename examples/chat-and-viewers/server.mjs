// Serves the page, and makes the tokens that it enters with. Everything else is between the page and Housecount.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import agoraToken from 'agora-token';

const {
  PORT = '8080',
  HOUSECOUNT_SERVER = 'http://127.0.0.1:7080',
  // The development app of `npm start`. A real certificate stays in the environment of this process.
  APP_ID = '0123456789abcdef0123456789abcdef',
  APP_CERTIFICATE = 'fedcba9876543210fedcba9876543210',
  CHANNEL = 'demo',
  TOKEN_SECONDS = '3600',
} = process.env;

const { RtcTokenBuilder, RtcRole } = agoraToken;
const tokenSeconds = Number(TOKEN_SECONDS);
const bodyLengthMax = 1024;
/** Names that both SDKs take. */
const legalName = /^(?!_)[ !#$%&()+,\-:;<=>?@[\]^_{|}~0-9A-Za-z]{1,64}$/;

const read = (/** @type {string} */ name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const files = new Map([
  ['/', ['text/html', read('index.html').replaceAll('{{server}}', HOUSECOUNT_SERVER)]],
  ['/room.css', ['text/css', read('room.css')]],
  ['/room.js', ['text/javascript', read('room.js')]],
]);

const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://here').pathname;
  const file = files.get(path);
  if (path === '/token' && request.method === 'POST') await answerToken(request, response);
  else if (file && request.method === 'GET')
    response.setHeader('content-type', `${file[0]}; charset=utf-8`).end(file[1]);
  else answer(response, 404, { message: 'There is no such page.' });
});

async function answerToken(
  /** @type {import('node:http').IncomingMessage} */ request,
  /** @type {import('node:http').ServerResponse} */ response,
) {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
    if (text.length > bodyLengthMax) return answer(response, 413, { message: 'That is too long.' });
  }
  const { name, role } = fieldsOf(text);
  // A real site asks here who this is: whoever gets a token for a name is that user.
  if (typeof name !== 'string' || !legalName.test(name))
    return answer(response, 400, {
      message:
        'A name has 1 to 64 letters without accents, digits, spaces or simple signs, and does not begin with _.',
    });
  const rtcRole = role === 'host' ? RtcRole.PUBLISHER : RtcRole.SUBSCRIBER;
  // One token serves both SDKs, which have the same user.
  const token = RtcTokenBuilder.buildTokenWithRtm(
    APP_ID,
    APP_CERTIFICATE,
    CHANNEL,
    name,
    rtcRole,
    tokenSeconds,
    tokenSeconds,
  );
  return answer(response, 200, { appId: APP_ID, channel: CHANNEL, token });
}

function fieldsOf(/** @type {string} */ text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    // Answered like any other body without a name.
    return {};
  }
}

function answer(
  /** @type {import('node:http').ServerResponse} */ response,
  /** @type {number} */ status,
  /** @type {unknown} */ body,
) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/`);
});
