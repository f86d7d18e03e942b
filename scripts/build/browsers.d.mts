export const oldestBrowsers: string[];
export const newerThanOldest: readonly RegExp[];
