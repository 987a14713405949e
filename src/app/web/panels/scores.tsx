import type { View } from "../../views-contract.ts";

export function Scores({ view }: { view: View }) {
  return <p>{view.rows}</p>;
}
