/** How a member is named in its channel: a number, or a string account. */
export type UID = number | string;
