import { expect, it } from "vitest";
import { PENALTIES } from "../../src/learn/penalties/index.ts";
import type { Penalty } from "../../src/learn/penalties/penalty.ts";

const ON = {
  pairs: "Pairs of rows of a batch",
  decoder: "The Jacobian J of the decoder, at mixtures of codes",
  encoder: "The Jacobian J of the encoder",
  weights: "The weights of the networks",
} as const satisfies Record<Penalty["on"], string>;

const SCALE = {
  free: "free: the same for codes multiplied by any number",
  absolute: "absolute: codes multiplied by 2 are another map to it",
} as const;

function section(name: string, penalty: Penalty): string {
  const { about, formula, scale, cost, source, twin, numbers } = penalty;
  const own = Object.entries(numbers).map(([key, value]) => `\`${key}=${value}\``);
  const rows = [
    ["Formula", formula],
    ["About", `${ON[penalty.on]}${penalty.on === "pairs" ? `; ${penalty.distances} distances` : ""}`],
    ["Scale", SCALE[scale]],
    ["Cost", cost],
    ["Source", source],
    ...(twin
      ? [["Twin", `the score \`${twin}\`, to which it is equal on equal input up to what the formula says`]]
      : []),
    ...(own.length > 0 ? [["Options", own.join(", ")]] : []),
  ];
  return [
    `## ${name}`,
    "",
    `${about[0]!.toUpperCase()}${about.slice(1)}.`,
    "",
    ...rows.map(([head, text]) => `- **${head}.** ${text}`),
    "",
  ].join("\n");
}

it("the reference page of the penalties is what the table says (-u writes it)", async () => {
  const page = [
    "# Penalties",
    "",
    "What `isometer train --isometry NAME[:WEIGHT][,OPTION=VALUE]` and `trainEncoder({ isometry: [{ name, weight, numbers }] })` know. dx are distances to be kept, dz those of codes, J a",
    "Jacobian, G = J'J the pullback metric, d the dimensions of a code, D those of a row, B the rows of a batch, E a mean over them. Made from the table in",
    "`src/learn/penalties/` by `test/learn/penalty-pages.test.ts`; how to choose is in [the guide](../guides/train.md).",
    "",
    ...Object.entries(PENALTIES).map(([name, penalty]) => section(name, penalty)),
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../docs/reference/penalties.md");
});
