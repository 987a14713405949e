/** Makes a value when it is first asked for, and keeps it; what failed is tried again. */
export function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    if (made === null) {
      const trial = make();
      made = trial;
      trial.catch(() => {
        if (made === trial) made = null;
      });
    }
    return made;
  };
}
