import * as store from "../state/store.ts";

const MILLISECONDS = 1200;

/** Moves points to their places in the other latent, or back; at once where the system asks for less motion. */
export function play(to: 0 | 1): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    store.way.value = to;
    return;
  }
  const from = store.way.value;
  const began = performance.now();
  store.isPlaying.value = true;
  const step = (now: number) => {
    const part = Math.max(0, Math.min(1, (now - began) / MILLISECONDS));
    store.way.value = from + (to - from) * (part * part * (3 - 2 * part));
    if (part < 1) requestAnimationFrame(step);
    else store.isPlaying.value = false;
  };
  requestAnimationFrame(step);
}
