import { createServer } from 'node:http';

/** A receiver that is a process: answers 200 to everything and writes each request as a line of JSON. Its port is its argument. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    process.stdout.write(
      `${JSON.stringify({ path: request.url, body: Buffer.concat(chunks).toString() })}\n`,
    );
    response.end('{}');
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () =>
  process.stdout.write('{"path":"","body":"ready"}\n'),
);
