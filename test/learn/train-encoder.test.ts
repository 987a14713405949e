import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows } from "../../src/base/index.ts";
import { type Aim, audit, type Matrix, trainEncoder } from "../../src/index.ts";
import { readMatrix } from "../matrices.ts";

const digits = await readMatrix(fileURLToPath(new URL("../../examples/digits.npy", import.meta.url)), 600);

const small = { hidden: [48, 24], epochs: 30, batchSize: 64, learningRate: 3e-3, nComponents: 4 } as const;

/** Held-out stress by the audit, over all pairs. */
async function auditedStress(codes: Matrix, heldOut: Int32Array): Promise<number> {
  const { scores } = await audit(gatherRows(digits, heldOut), gatherRows(codes, heldOut), {
    exact: true,
    nNeighbors: 5,
    scores: ["stress"],
  });
  return scores.stress!.value;
}

describe("trainEncoder", () => {
  it("with a penalty on stress held-out rows have less of it, as the audit measures it", async () => {
    const plain = await trainEncoder(digits, small);
    const kept = await trainEncoder(digits, { ...small, isometry: [{ name: "stress", weight: 1 }] });
    expect(kept.heldOut).toEqual(plain.heldOut);
    expect(kept.heldOut).toHaveLength(60);
    expect(kept.best.distortion).toBeCloseTo(await auditedStress(kept.codes, kept.heldOut), 4);
    const last = ({ epochs }: typeof plain) => epochs.at(-1)!.look!.score;
    expect(last(kept)).toBeLessThan(0.9 * last(plain));
  });

  it("the best model is saved, places new rows as it placed these, and takes codes back to rows", async () => {
    const trained = await trainEncoder(digits, { ...small, epochs: 10, isometry: [{ name: "distance" }] });
    const least = Math.min(...trained.epochs.flatMap(({ look }) => (look ? [look.score] : [])));
    expect(trained.best.distortion).toBe(least);
    const rows = gatherRows(digits, [5, 99, 300]);
    const codes = await trained.transform(rows);
    gatherRows(trained.codes, [5, 99, 300]).data.forEach((value, p) => {
      expect(codes.data[p]).toBeCloseTo(value, 5);
    });
    const again = await trained.inverseTransform!(codes);
    expect(again.cols).toBe(64);
    const { encoder, decoder } = trained.save({ note: "mine" });
    expect(encoder.length).toBeGreaterThan(1000);
    expect(decoder!.length).toBeGreaterThan(1000);
  });

  const labels = digits.data.filter((_, p) => p % 64 === 0);
  const AIMS: Readonly<Record<string, Aim>> = {
    vae: { kind: "vae", beta: 0.5, freeBits: 0.1 },
    "contrastive by neighbours": { kind: "contrastive" },
    "contrastive by labels": { kind: "contrastive", labels },
    distill: { kind: "distill", teacher: digits },
  };

  it.each(Object.entries(AIMS))("%s: trains, the same twice", async (name, aim) => {
    const train = () => trainEncoder(digits, { ...small, epochs: 3, aim });
    const [one, two] = [await train(), await train()];
    expect(two.codes).toEqual(one.codes);
    expect(one.codes.cols).toBe(4);
    expect(one.inverseTransform === null).toBe(name !== "vae");
    const [first, last] = [one.epochs[0]!, one.epochs.at(-1)!];
    expect(last.terms.loss).toBeLessThan(first.terms.loss!);
  });

  it("stops when asked to, and refuses what it cannot do", async () => {
    const control = new AbortController();
    const stopped = await trainEncoder(digits, {
      ...small,
      lookEvery: 2,
      stop: control.signal,
      onEpoch: ({ epoch }) => {
        if (epoch >= 4) control.abort();
      },
    });
    expect(stopped.epochs).toHaveLength(4);
    await expect(trainEncoder(digits, { ...small, holdout: 1 })).rejects.toMatchObject({
      code: "bad-option",
    });
    const data = digits.data.slice();
    data[7] = Number.NaN;
    await expect(trainEncoder({ ...digits, data }, small)).rejects.toMatchObject({ code: "non-finite" });
  });
});
