/** What a pair at distance d loses, its force f'(d) / d along the difference of its places, by s = d^2 and the pair's own number: a weight, or its distance in the original. */
export interface Distortion {
  readonly loss: (s: number, value: number) => number;
  readonly force: (s: number, value: number) => number;
}

/** A pair in one place loses as much as this share of a full 1 - exp(-d) would. */
const LEAST = 1e-9;

/** 1 - exp(-d). */
const apart = (d: number) => Math.max(LEAST, -Math.expm1(-d));

/** Distortions of pairs (Agrawal, Ali & Boyd 2021, chapter 2). Where the places are one there is no direction, and no force. */
export const DISTORTIONS = {
  /** w d^2. */
  quadratic: { loss: (s, w) => w * s, force: (_, w) => 2 * w },
  /** w ln(1 + d^1.5): pulls, far pairs little more than near ones. */
  log1p: {
    loss: (s, w) => w * Math.log1p(Math.sqrt(s * Math.sqrt(s))),
    force: (s, w) => (s > 0 ? (1.5 * w) / (Math.sqrt(Math.sqrt(s)) * (1 + Math.sqrt(s * Math.sqrt(s)))) : 0),
  },
  /** -w ln(1 - exp(-d)): pushes near pairs, hardly any others. */
  log: {
    loss: (s, w) => -w * Math.log(apart(Math.sqrt(s))),
    force: (s, w) => {
      if (s === 0) return 0;
      const d = Math.sqrt(s);
      const share = apart(d);
      return (-w * (1 - share)) / (share * d);
    },
  },
  /** |d - length|. */
  absolute: {
    loss: (s, length) => Math.abs(Math.sqrt(s) - length),
    force: (s, length) => (s > 0 ? Math.sign(Math.sqrt(s) - length) / Math.sqrt(s) : 0),
  },
  /** (d - length)^2. */
  squared: {
    loss: (s, length) => (Math.sqrt(s) - length) ** 2,
    force: (s, length) => (s > 0 ? 2 - (2 * length) / Math.sqrt(s) : 0),
  },
  /** (d / length - 1)^2; pairs without length lose nothing. */
  relative: {
    loss: (s, length) => (length > 0 ? (Math.sqrt(s) / length - 1) ** 2 : 0),
    force: (s, length) => (length > 0 && s > 0 ? (2 - (2 * length) / Math.sqrt(s)) / (length * length) : 0),
  },
} satisfies Readonly<Record<string, Distortion>>;

export type DistortionName = keyof typeof DISTORTIONS;
