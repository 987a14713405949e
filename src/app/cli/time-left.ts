/** A rate is believed after this many seconds and this share of the work in one stage. */
const SECONDS = 1;
const SHARE = 0.02;

/**
 * Estimates the seconds that remain from the pace of the present stage, as stages differ in pace: undefined until there is one.
 * A new stage starts from what the one before it promised.
 *
 * @returns a function of the stage, the share of the whole that is done (0..1) and the time in seconds
 */
export function timeLeft(): (stage: string, share: number, now: number) => number | undefined {
  let current: string | undefined;
  let start = { share: 0, now: 0 };
  let promised: number | undefined;
  return (stage, share, now) => {
    if (stage !== current) {
      current = stage;
      start = { share, now };
    }
    const seconds = now - start.now;
    const done = share - start.share;
    if (seconds >= SECONDS && done >= SHARE) promised = now + ((1 - share) * seconds) / done;
    return promised === undefined ? undefined : Math.max(0, promised - now);
  };
}
