import { readFileSync } from "node:fs";
import { type Matrix, matrix } from "../../../src/base/index.ts";

/** Numbers of the peers, from make-reference.py. */
interface Reference {
  readonly points: Readonly<Record<string, { readonly cols: number; readonly values: string }>>;
  readonly hdbscan: readonly {
    readonly points: string;
    readonly minClusterSize: number;
    readonly minSamples: number;
    readonly selection: "eom" | "leaf";
    readonly allowSingle: boolean;
    readonly labels: readonly number[];
    readonly probabilities: string;
    readonly lengths: string;
    readonly outlierScores: string;
    readonly persistences: readonly number[];
    readonly shuffled: number;
    readonly steady: number;
  }[];
  readonly kMeans: readonly {
    readonly points: string;
    readonly k: number;
    readonly inertia: number;
    readonly labels: readonly number[];
  }[];
  readonly agreement: readonly {
    readonly found: readonly number[];
    readonly given: readonly number[];
    readonly adjustedRand: number;
    readonly mutualInformation: number;
  }[];
}

export const reference = JSON.parse(
  readFileSync(new URL("./reference.json", import.meta.url), "utf8"),
) as Reference;

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, "base64")).buffer;
}

export const doubles = (text: string): Float64Array => new Float64Array(bytesOf(text));

export function pointsOf(name: string): Matrix {
  const { cols, values } = reference.points[name]!;
  const data = new Float32Array(bytesOf(values));
  return matrix(data, data.length / cols, cols);
}
