import type { View } from "../../views-contract.ts";

export function Morph({ view }: { view: View }) {
  return <p>{view.rows}</p>;
}
