/** The customer's id and secret, kept for this tab only: they go when the tab is closed. */
const storageKey = 'housecount.authorization';

let authorization: string | undefined = read();

function read(): string | undefined {
  try {
    return sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    // Storage may be blocked; then the login lasts as long as the page.
    return undefined;
  }
}

/** The value of the Authorization header, or undefined before a login. */
export function currentAuthorization(): string | undefined {
  return authorization;
}

/** Keeps the login, or forgets it when undefined. */
export function keepAuthorization(value: string | undefined): void {
  authorization = value;
  try {
    if (value === undefined) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, value);
  } catch {
    // Storage may be blocked; then the login lasts as long as the page.
  }
}
