import type { View } from "../../views-contract.ts";

export function Run({ view }: { view: View }) {
  return <p>{view.rows}</p>;
}
