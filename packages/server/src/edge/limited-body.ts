/**
 * The request with its body read into memory, or undefined if that is more than `bytesMax`. A declared length is believed
 * only when it is too large; what comes is counted.
 */
export async function withLimitedBody(request: Request, bytesMax: number): Promise<Request | undefined> {
  if (request.body === null) return request;
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: Buffer.concat(chunks, length) });
}
