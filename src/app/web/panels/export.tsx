import type { View } from "../../views-contract.ts";

export function Export({ view }: { view: View }) {
  return <p>{view.rows}</p>;
}
