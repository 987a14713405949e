import { useLayoutEffect } from "preact/hooks";

/** Where a button that has the keyboard is taken away, the first that `heir` selects in the element around it has it. */
export function useKeptFocus(around: () => Element | null, heir = "button"): void {
  const isWithin = () => around()?.contains(document.activeElement) ?? false;
  const was = isWithin();
  useLayoutEffect(() => {
    if (was && !isWithin()) around()!.querySelector<HTMLElement>(heir)?.focus();
  });
}
