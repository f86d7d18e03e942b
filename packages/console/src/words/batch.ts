/**
 * True if the request held many notices, and `body` is one notice's part of what was sent: then the headers sign more
 * than is shown. A batch of one notice is whole.
 */
export function isPartOfBatch({
  headers = {},
  body = '',
}: {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}): boolean {
  return (
    !body.startsWith('[') &&
    Object.entries(headers).some(
      ([name, value]) => name.toLowerCase() === 'webhook-id' && value.startsWith('batch_'),
    )
  );
}
