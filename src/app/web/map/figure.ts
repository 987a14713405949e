/** A number as people read it, to three digits: "0.0448", "19.4", "1,020". */
export const figure = (value: number): string =>
  Math.abs(value) >= 999.5 && Math.abs(value) < 1e9
    ? Math.round(value).toLocaleString("en")
    : value.toPrecision(3);
