import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { row } from "../../../src/base/index.ts";
import { readMatrix } from "../../../src/data/node-read.ts";
import {
  applySchema,
  auditSchema,
  compareSchema,
  demoSchema,
  geometrySchema,
  infoSchema,
  makeSchema,
  reduceSchema,
  trainSchema,
} from "../../../src/jobs/schema.ts";
import { encodeSchema } from "../../../src/jobs/schema-encode.ts";
import { limitsSchema } from "../../../src/jobs/schema-limits.ts";
import { morphSchema } from "../../../src/jobs/schema-morph.ts";
import { byHand } from "../../data/encoder-kit.ts";
import { call, expectSameRows, first200, linesOf, ROWS, type ToolCall } from "./mcp-call.ts";

/** Files, and maps that are fitted to them. */
export const MAPS: Readonly<Record<string, ToolCall>> = {
  make: call(
    makeSchema,
    {
      args: { kind: "swiss-roll", rows: ROWS, seed: 1, out: "roll.npy" },
      says: /swiss/i,
      writes: ["roll.npy"],
      place: "out",
    },
    ({ out, truth, options }, folder) => {
      expect([out.rows, out.cols, truth.rows, options.seed]).toEqual([ROWS, 3, ROWS, 1]);
      expect(existsSync(join(folder, truth.path))).toBe(true);
    },
  ),
  info: call(
    infoSchema,
    { args: { file: "digits.npy" }, says: /1,?797/, place: "file" },
    ({ input, values }) => {
      expect([input.rows, input.cols]).toEqual([1797, 64]);
      expect([values!.min, values!.max]).toEqual([0, 16]);
    },
  ),
  audit: call(
    auditSchema,
    {
      args: {
        original: "digits.npy",
        latent: ["digits-umap.npy"],
        points: "points.csv",
        achievable: "none",
        ...first200,
      },
      says: /trustworthiness/,
      writes: ["points.csv"],
      place: "original",
    },
    ({ rows, scores }, folder) => {
      expect(rows).toBe(ROWS);
      expect(scores.trustworthiness!.value).toBeGreaterThan(0.85);
      expect(scores.trustworthiness!.value).toBeLessThan(1);
      expect(linesOf(folder, "points.csv")).toHaveLength(1 + ROWS);
    },
  ),
  reduce: call(
    reduceSchema,
    {
      args: { vectors: "digits.npy", to: 4, out: "map.onnx", codes: "codes.npy", ...first200 },
      says: /pca/i,
      writes: ["map.onnx", "codes.npy"],
      place: "out",
    },
    ({ rows, method, map, scores }) => {
      expect([rows, method, map.inputs, map.outputs]).toEqual([ROWS, "pca", 64, 4]);
      expect(scores.trustworthiness!.value).toBeGreaterThan(0.85);
    },
  ),
  apply: call(
    applySchema,
    {
      args: { map: "map.onnx", vectors: "digits.npy", rows: ":300", out: "applied.npy", threads: 2 },
      says: /applied\.npy/,
      writes: ["applied.npy"],
      place: "out",
    },
    async ({ out, map }, folder) => {
      expect([out.rows, out.cols, map.method]).toEqual([300, 4, "pca"]);
      await expectSameRows(join(folder, "applied.npy"), join(folder, "codes.npy"), ROWS);
    },
  ),
  compare: call(
    compareSchema,
    {
      args: { vectors: "codes.npy", with: ["pca", "random"], codes: "spaces", threads: 2 },
      says: /random/,
      writes: ["spaces/pca.npy", "spaces/random.npy"],
      place: "codes",
    },
    ({ fits, ranking }) => {
      expect(fits.map(({ method }) => method)).toEqual(["pca", "random"]);
      expect(ranking[0]!.name).toMatch(/pca/i);
    },
  ),
  limits: call(
    limitsSchema,
    {
      args: { vectors: "digits.npy", dims: "8,64", bits: "32,1", holdout: 0.2, ...first200 },
      says: /bytes/,
      place: "vectors",
    },
    ({ originalBytes, queries, cells, null: chance }) => {
      expect([originalBytes, queries.choosing + queries.reporting]).toEqual([64 * 4, ROWS / 5]);
      const cellOf = (dims: number, bits: number) =>
        cells.find((cell) => cell.method === "pca" && cell.dims === dims && cell.bits === bits)!;
      // All dimensions turned lose nothing; eight signs do.
      expect(cellOf(64, 32).recall.value).toBeGreaterThan(0.99);
      expect(cellOf(8, 1).bytes).toBe(1);
      expect(cellOf(8, 1).recall.value).toBeGreaterThan(2 * chance);
      expect(cellOf(8, 1).recall.value).toBeLessThan(0.7);
    },
  ),
  demo: call(demoSchema, { args: { threads: 2 }, says: /t-SNE/i, place: null }, ({ audits }) => {
    expect(audits.map(({ audit }) => audit.rows)).toEqual([1797, 1797, 1797]);
  }),
};

/** Networks: trained, applied and looked into. */
export const NETWORKS: Readonly<Record<string, ToolCall>> = {
  train: call(
    trainSchema,
    {
      args: { vectors: "digits.npy", hidden: "16", epochs: 3, out: "model", ...first200 },
      says: /autoencoder/i,
      writes: ["model/encoder.onnx", "model/decoder.onnx", "model/codes.npy", "model/report.json"],
      place: "out",
    },
    ({ epochs, rows, network, stopped }) => {
      expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect([rows.train + rows.heldOut, stopped]).toEqual([ROWS, "finished"]);
      // 64-16-2 and back, with biases.
      expect(network.parameters).toBe(64 * 16 + 16 + 16 * 2 + 2 + 2 * 16 + 16 + 16 * 64 + 64);
    },
  ),
  encode: call(
    encodeSchema,
    {
      args: { files: ["words.txt"], encoder: "words", out: "encoded.npy", threads: 2 },
      says: /encoded\.npy/,
      writes: ["encoded.npy"],
      place: "encoder",
    },
    async ({ out, encoder }, folder) => {
      expect([out.rows, out.cols, encoder.takes]).toEqual([2, 4, "text"]);
      const vectors = await readMatrix(join(folder, "encoded.npy"));
      for (const [j, value] of byHand(["red", "apple"]).entries()) {
        expect(row(vectors, 0)[j]).toBeCloseTo(value, 4);
      }
    },
  ),
  geometry: call(
    geometrySchema,
    {
      args: { model: "model/decoder.onnx", points: "model/codes.npy", at: 20, pathPairs: 2, threads: 2 },
      says: /stretch/,
      place: "model",
    },
    ({ points, network, scores, map }) => {
      expect([points, network.inputs, network.outputs]).toEqual([20, 2, 64]);
      // The larger singular value of a Jacobian over the smaller.
      expect(scores.conditionNumber.value).toBeGreaterThanOrEqual(1);
      for (const { largest, smallest } of map) expect(largest).toBeGreaterThanOrEqual(smallest!);
    },
  ),
  morph: call(
    morphSchema,
    {
      args: {
        codes: "model/codes.npy",
        from: 0,
        to: 5,
        decoder: "model/decoder.onnx",
        path: "straight",
        frames: 4,
        imageShape: "8x8",
        out: "strip.png",
        threads: 2,
      },
      says: /strip\.png/,
      writes: ["strip.png"],
      place: "codes",
    },
    ({ frames }, folder) => {
      expect(frames.map(({ nearest }) => nearest)).toHaveLength(4);
      expect([frames[0]!.nearest, frames[3]!.nearest]).toEqual([0, 5]);
      expect(readFileSync(join(folder, "strip.png")).subarray(1, 4).toString()).toBe("PNG");
    },
  ),
};
