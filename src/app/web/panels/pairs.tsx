import type { View } from "../../views-contract.ts";

export function Pairs({ view }: { view: View }) {
  return <p>{view.rows}</p>;
}
