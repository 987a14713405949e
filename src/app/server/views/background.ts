import { setTimeout } from "node:timers/promises";

/** Milliseconds that a view is left alone before each piece of work, so that a page which has just been given its points can draw them. */
const PAUSE = 500;

/**
 * Does work that nobody waits for yet, one piece after the other; none of it once `signal` fires, and it keeps no process alive.
 *
 * What fails is of no interest here: the work of a view is `lazy`, so whoever asks for it has it tried again, and hears why it fails.
 */
export function inBackground(signal: AbortSignal, pause = PAUSE): (work: () => Promise<unknown>) => void {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    turn = turn
      .then(() => setTimeout(pause, undefined, { signal, ref: false }))
      .then(work)
      .catch(() => {});
  };
}
