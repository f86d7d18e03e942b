/** The formats that an endpoint can be sent, in the words of a choice. A format that the server learns is one line here. */
export const formats = [
  { value: 'agora', label: 'As Agora’s notices' },
  { value: 'standard', label: 'Standard Webhooks' },
  { value: 'batch', label: 'Standard Webhooks, many in one request' },
] as const;

/** A format in words; its name if it is of a newer server. */
export function wordsOfFormat(format: string): string {
  return formats.find(({ value }) => value === format)?.label ?? format;
}
