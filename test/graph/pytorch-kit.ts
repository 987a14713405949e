import { readdirSync, readFileSync } from "node:fs";

/** What PyTorch says of a model at some points: see test/fixtures/make-models.py. */
export interface Truth {
  readonly shape: readonly number[];
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (readonly number[])[];
  /** Of each point the Jacobian, rows of outputs. */
  readonly jacobians: readonly (readonly (readonly number[])[])[];
  readonly u: readonly number[];
  readonly v: readonly number[];
  /** The Hessian of u . f times v. */
  readonly hvp: readonly (readonly number[])[];
}

const FOLDER = new URL("../fixtures/", import.meta.url);
const TRUTHS: Readonly<Record<string, Truth>> = JSON.parse(
  readFileSync(new URL("models.json", FOLDER), "utf8"),
).models;

/** Names of the models that PyTorch exported, and by which of its exporters. */
export function fixtureModels(): (readonly [name: string, exporter: string])[] {
  return readdirSync(new URL("models/", FOLDER))
    .sort()
    .map((file) => {
      const [name, exporter] = file.split(".");
      return [name!, exporter!] as const;
    });
}

/** The path of such a model. */
export function fixturePath(name: string, exporter: string): URL {
  return new URL(`models/${name}.${exporter}.onnx`, FOLDER);
}

export function fixtureModel(name: string, exporter: string): { bytes: Uint8Array; truth: Truth } {
  return { bytes: readFileSync(fixturePath(name, exporter)), truth: TRUTHS[name]! };
}

/** The difference of two lists by the Frobenius norm, relative to the second. */
export function relative(a: ArrayLike<number | bigint>, b: ArrayLike<number>): number {
  let [off, all] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    off += (Number(a[i]) - b[i]!) ** 2;
    all += b[i]! ** 2;
  }
  return Math.sqrt(off / all);
}
