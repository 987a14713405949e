import type { Space } from "../neighbors/index.ts";

/** Makes what is known of one space once, however many latents are compared with it. */
export type Once = <T>(space: Space, what: string, make: () => Promise<T>) => Promise<T>;

/** For the studies of one call. */
export function openOnce(): Once {
  const known = new Map<Space, Map<string, Promise<unknown>>>();
  return <T>(space: Space, what: string, make: () => Promise<T>) => {
    const own = known.get(space) ?? new Map<string, Promise<unknown>>();
    known.set(space, own);
    const found = own.get(what) ?? make();
    own.set(what, found);
    return found as Promise<T>;
  };
}
