import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import { row } from "../../../src/base/index.ts";
import { readMatrix } from "../../../src/data/node-read.ts";
import { auditSchema } from "../../../src/jobs/schema.ts";
import { initSchema, refreshSchema, statusSchema } from "../../../src/jobs/schema-project.ts";
import { call, ROWS, type ToolCall } from "./mcp-call.ts";
import { MAPS, NETWORKS } from "./mcp-calls-maps.ts";
import { SPACES } from "./mcp-calls-spaces.ts";

const AUDITED = "project/results";

const PROJECT: Readonly<Record<string, ToolCall>> = {
  init: call(
    initSchema,
    {
      args: { dir: "project", original: "codes.npy", latent: ["small=model/codes.npy"], copy: true },
      says: /small/,
      writes: ["project/isometer.json"],
      place: "dir",
    },
    ({ made, entries }) => {
      expect(made).toBe(true);
      expect(entries.map(({ kind, outside }) => [kind, outside])).toEqual([
        ["originals", false],
        ["latents", false],
      ]);
    },
  ),
  refresh: call(
    refreshSchema,
    { args: { dir: "project", threads: 2 }, says: /small/, writes: [AUDITED], place: "dir" },
    ({ audits }, folder) => {
      const [{ latent, state, result, scores }] = audits as [(typeof audits)[number]];
      expect([latent, state]).toEqual(["small", "measured"]);
      const kept = JSON.parse(readFileSync(join(folder, AUDITED, `${result}.json`), "utf8"));
      expect(auditSchema.parse(kept.result).scores.trustworthiness!.value).toBe(scores!.trustworthiness);
    },
  ),
  status: call(
    statusSchema,
    { args: { dir: "project" }, says: /small/, place: "dir" },
    ({ contents, audits }) => {
      expect(contents.map(({ shape }) => shape!.rows)).toEqual([ROWS, ROWS]);
      expect(audits.map(({ latent, state }) => [latent, state])).toEqual([["small", "current"]]);
    },
  ),
};

const space = { original: "codes.npy", latent: "model/codes.npy" };

const QUESTIONS: Readonly<Record<string, ToolCall>> = {
  worst_points: call(
    z.looseObject({
      rows: z.int(),
      points: z.array(z.looseObject({ row: z.int(), recall: z.number() })),
      stretched: z.array(z.looseObject({ stretch: z.number() })),
      shrunk: z.array(z.looseObject({ stretch: z.number() })),
    }),
    { args: { ...space, count: 3 }, says: /Drawn too far apart/, place: "latent" },
    ({ rows, points, stretched, shrunk }) => {
      expect([rows, points.length, stretched.length, shrunk.length]).toEqual([ROWS, 3, 3, 3]);
      const recalls = points.map(({ recall }) => recall);
      expect(recalls).toEqual(recalls.toSorted((a, b) => a - b));
      expect(stretched.at(-1)!.stretch).toBeGreaterThan(1);
      expect(shrunk.at(-1)!.stretch).toBeLessThan(1);
    },
  ),
  why_far: call(
    z.looseObject({
      rows: z.int(),
      original: z.looseObject({ length: z.number() }),
      latent: z.looseObject({ length: z.number() }),
    }),
    { args: { ...space, a: 0, b: 12 }, says: /In the latent/, place: "original" },
    async ({ rows, ...lengths }, folder) => {
      expect(rows).toBe(ROWS);
      for (const side of ["original", "latent"] as const) {
        const points = await readMatrix(join(folder, space[side]));
        const other = row(points, 12);
        const length = Math.hypot(...row(points, 0).map((value, j) => value - other[j]!));
        expect(lengths[side].length).toBeCloseTo(length, 3);
      }
    },
  ),
  suggest_dimension: call(
    z.looseObject({
      suggested: z.int(),
      steps: z.array(z.looseObject({ dims: z.int(), neighborRecall: z.looseObject({ value: z.number() }) })),
    }),
    { args: { data: "roll.npy" }, says: /of 3 dimensions/, place: "data" },
    ({ suggested, steps }) => {
      // A roll is curved: no linear map to two dimensions keeps its neighbours.
      expect(suggested).toBe(3);
      expect(steps.map(({ dims }) => dims)).toEqual([1, 2, 3]);
      expect(steps.at(-1)!.neighborRecall.value).toBeCloseTo(1, 6);
    },
  ),
};

/** A call of every tool, in an order in which those before write what those after read. */
export const CALLS: Readonly<Record<string, ToolCall>> = {
  ...MAPS,
  ...NETWORKS,
  ...SPACES,
  ...PROJECT,
  ...QUESTIONS,
};
