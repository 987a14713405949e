/*
 * Randomness and the clock are arguments in src/ (only src/app/ may read them from the world).
 * Here both throw when the code that calls them lies in src/ outside src/app/; tests and packages may call them.
 */

type Guarded = typeof Math.random | typeof Date.now;

/** True when the function that called the guard lies in /src/ and not in /src/app/. */
function calledFromSource(guard: Guarded): boolean {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const trace: { stack?: string } = {};
  // Frames above the guard, so the first one left is its caller.
  Error.captureStackTrace(trace, guard);
  Error.stackTraceLimit = limit;
  const caller = trace.stack ?? "";
  return caller.includes("/src/") && !caller.includes("/src/app/") && !caller.includes("/node_modules/");
}

const { random } = Math;
const { now } = Date;

Math.random = function guardedRandom() {
  if (calledFromSource(guardedRandom))
    throw new Error("Math.random in src/: take an Rng argument (base/rng.ts)");
  return random();
};

Date.now = function guardedNow() {
  if (calledFromSource(guardedNow))
    throw new Error("Date.now in src/: the clock is an argument (JobContext.clock)");
  return now();
};
