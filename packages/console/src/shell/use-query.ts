import { basePath } from './base.ts';
import { navigate, useAddress } from './router.tsx';

/** Goes to this page's address with some parameters set or, where undefined, taken away. */
export type ChangeQuery = (
  changes: Readonly<Record<string, string | number | undefined>>,
  options?: { replace?: boolean },
) => void;

/** Reads what the address asks for, and gives a way to change it: the page's state that a link carries. */
export function useQuery(): readonly [URLSearchParams, ChangeQuery] {
  const { searchParams } = useAddress();
  return [searchParams, changeQuery];
}

const changeQuery: ChangeQuery = (changes, options) => {
  // The address as it is now: several changes may come before the page is drawn again.
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  navigate(url.pathname.slice(basePath.length) + url.search, { scroll: false, ...options });
};
