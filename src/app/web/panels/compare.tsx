import type { View } from "../../views-contract.ts";

export function Compare({ view }: { view: View }) {
  return <p>{view.rows}</p>;
}
