/** A text that says something. */
export const filled = (value: string) => value.trim() !== '';
