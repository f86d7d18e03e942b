import { type Command, required, type Terminal, text, urlOf, type Values, whole } from '../command.ts';
import { followNotices, type StreamedNotice } from '../listen/follow-notices.ts';
import { type Forwarded, forwarder } from '../listen/forward.ts';
import { noticeLine } from '../listen/notice-line.ts';
import { authorizationOf, listApps } from '../server-access.ts';
import { endSignal } from '../signals.ts';

const retryMs = 500;

/** `housecount listen`: follows notices in the terminal, and hands them to a receiver on the way. */
export const listen: Command = {
  name: 'listen',
  summary: 'follow the notices of an app',
  examples: [
    'housecount listen --url http://127.0.0.1:7080',
    'housecount listen --url http://127.0.0.1:7080 --forward http://127.0.0.1:3000/ncsNotify --secret my-secret',
  ],
  options: {
    url: { type: 'string', value: 'URL', help: 'The server, as serve printed it.' },
    app: { type: 'string', value: 'ID', help: 'One app; without it, all apps of the server.' },
    after: {
      type: 'string',
      value: 'POSITION',
      help: 'Begin after this log position; 0: all there is. Default: now.',
    },
    customer: {
      type: 'string',
      value: 'ID:SECRET',
      help: 'Login; not needed for a development server on this machine.',
    },
    forward: { type: 'string', value: 'URL', help: 'Post each notice there, signed, one after the other.' },
    secret: { type: 'string', value: 'TEXT', help: 'Sign what is forwarded with this secret.' },
    insecure: { type: 'boolean', help: 'Do not check the certificate of the server.' },
    json: {
      type: 'boolean',
      help: 'One JSON object a line: position, notice, and the receiver\u2019s answer.',
    },
  },
  notes: 'It runs until Ctrl-C. When the connection is lost it goes on after the last notice.',
  async run(values, terminal) {
    const url = urlOf(values, 'url');
    const forward =
      values.forward === undefined ? undefined : forwarder(urlOf(values, 'forward'), text(values, 'secret'));
    const after = whole(values, 'after', 0, Number.MAX_SAFE_INTEGER, undefined);
    const authorization = authorizationOf(values);
    const insecure = values.insecure === true;
    const access = { ...(authorization !== undefined && { authorization }), insecure };
    const show = printer(values, terminal);
    const signal = endSignal();
    const apps =
      values.app === undefined ? await listApps({ url, ...access }, signal) : [required(values, 'app')];
    await Promise.all(
      apps.map(async (app) => {
        const options = {
          url: url.href,
          app,
          ...(after !== undefined && { after }),
          ...access,
          retryMs,
          onConnected: () => terminal.err(`following the notices of ${app}\n`),
          onLost: (reason: string) => terminal.err(`connection lost (${reason}); trying again\n`),
        };
        for await (const notice of followNotices(options, signal))
          show(app, notice, await forward?.(notice, signal));
      }),
    );
    return 0;
  },
};

function printer(values: Values, terminal: Terminal) {
  return (app: string, notice: StreamedNotice, answer: Forwarded | undefined) => {
    if (values.json === true) {
      const line = {
        app,
        position: notice.position,
        notice: JSON.parse(notice.body) as unknown,
        headers: notice.headers,
      };
      terminal.out(`${JSON.stringify({ ...line, ...(answer && { answer }) })}\n`);
      return;
    }
    terminal.out(`${noticeLine(notice.body)}\n`);
    if (answer)
      terminal.out(
        `              \u2192 ${answer.status ?? `no answer: ${answer.error}`} in ${answer.ms} ms\n`,
      );
  };
}
