import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { cluster } from "../../src/align/agreement.ts";
import { rng } from "../../src/base/index.ts";
import type { Agreement } from "../../src/measure/index.ts";
import { treeLines } from "../../src/report/align-matrix-tree.ts";
import { chanceWords } from "../../src/report/align-matrix-words.ts";
import { alignMatrixPage } from "../../src/report/html/index.ts";
import {
  type AgreementMeasure,
  type AlignMatrixResult,
  alignMatrixReport,
  clusterWords,
  likeness,
  matrixHeadline,
  scoreBetween,
  width,
} from "../../src/report/index.ts";
import { auditFixture, scoreOf, textOf } from "./fixture.ts";
import { nestingErrors, skeleton } from "./html-kit.ts";

const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));

interface Made {
  readonly names: readonly string[];
  /** Likeness of i and j, 0 to 1. */
  readonly like: (i: number, j: number) => number;
  readonly half?: number;
  readonly by?: AgreementMeasure;
  readonly wide?: boolean;
}

/** A made-up result. */
function matrixOf({ names, like, half, by = "linearCka", wide = false }: Made): AlignMatrixResult {
  const { isometer, engine, inputs, warnings, seconds } = auditFixture();
  const pairs: Agreement[] = names.flatMap((_, a) =>
    names.slice(a + 1).map((_, k) => {
      const b = a + 1 + k;
      const value = like(a, b);
      return {
        a,
        b,
        linearCka: scoreOf(value, "points", undefined, 1, 0.1),
        neighborRecall: scoreOf(0.8 * value, "points", half, 1, 0.01),
        procrustes: wide ? null : scoreOf(1 - value, "points", undefined, 0, 0.75),
      };
    }),
  );
  const models = names.map((name, i) => ({ name, cols: 100 + i, joined: "id" as const }));
  const n = names.length;
  const unlike = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return i === j ? 0 : 1 - likeness(by, scoreBetween({ models, pairs }, i, j, by)!.value);
  });
  return {
    schema: "isometer/align-matrix/1",
    job: "align",
    isometer,
    engine,
    inputs: names.map((name, i) => ({ ...inputs[0]!, role: `space ${i + 1}`, path: `${name}.npy` })),
    rows: 1797,
    models,
    options: {
      metric: "cosine",
      nNeighbors: 10,
      sample: half === undefined ? "exact" : 500,
      seed: 0,
      rows: null,
      id: null,
      vector: null,
    },
    pairs,
    clustering: { by, linkage: "average", ...cluster(unlike, n) },
    warnings,
    next: [{ command: "isometer align a.npy b.npy", why: "the two that are closest" }],
    seconds,
  };
}

/** Two families of models and one that is like none. */
const FAMILY = ["bert-base", "bert-large", "bert-tiny", "clip-image", "clip-text", "noise"];
const inFamily = (i: number, j: number) => {
  const group = (k: number) => (k < 3 ? 0 : k < 5 ? 1 : 2);
  return group(i) === group(j) ? 0.9 - 0.03 * i - 0.01 * j : 0.3 - 0.02 * i - 0.01 * j;
};
const family = (change: Partial<Made> = {}) => matrixOf({ names: FAMILY, like: inFamily, ...change });

describe("the report of a matrix", () => {
  test("says who goes with whom, then shows it", async () => {
    await expect(`${textOf(alignMatrixReport(family(), { width: 80 }))}\n`).toMatchFileSnapshot(
      golden("align-matrix-80.txt"),
    );
  });

  test("tells intervals where rows were drawn, and what is not defined", async () => {
    const text = textOf(alignMatrixReport(family({ half: 0.02, wide: true }), { width: 80 }));
    await expect(`${text}\n`).toMatchFileSnapshot(golden("align-matrix-sampled-80.txt"));
    expect(text).toContain("n/a");
  });

  test("fits its width, with many models and long names", () => {
    const random = rng(4);
    const names = Array.from({ length: 23 }, (_, i) => `sentence-transformers-model-number-${i}`);
    const like = Float64Array.from({ length: 23 * 23 }, () => 0.2 + 0.7 * random.uniform());
    const result = { ...matrixOf({ names, like: (i, j) => like[i * 23 + j]! }), next: [] };
    for (const columns of [40, 60, 80, 120, 200]) {
      const lines = textOf(alignMatrixReport(result, { width: columns })).split("\n");
      // Paths and the name of the engine are never broken.
      const others = lines.filter((text) => !/\.npy|onnxruntime/.test(text));
      for (const text of others) expect(width(text), text).toBeLessThanOrEqual(columns);
      // Every pair stands once in each table.
      const values = others.join("\n").match(/ \d\.\d\d(?= |$)/gm)!;
      expect(values.length).toBeGreaterThanOrEqual((3 * 23 * 22) / 2);
    }
  });
});

describe("words", () => {
  test("name the closest and the furthest two, by the measure of the groups", () => {
    expect(matrixHeadline(family())).toBe(
      "6 models of 1,797 items: bert-base and bert-large (CKA 0.890) agree most, clip-text and noise (CKA 0.170) least.",
    );
    expect(matrixHeadline(family({ by: "procrustes" }))).toContain(
      "bert-base and bert-large (disparity 0.110) agree most",
    );
    expect(matrixHeadline(family({ by: "neighborRecall", half: 0.02 }))).toContain("(overlap 0.712 ± 0.020)");
  });

  test("are a sentence for each group", () => {
    const words = clusterWords(family());
    expect(words).toHaveLength(3);
    expect(words.find((text) => text.startsWith("bert"))).toMatch(
      /^bert-\w+, bert-\w+ and bert-\w+ go together: CKA 0.850 to 0.890 \(chance 0.100\), 68 to 71 % of neighbours the same; next is clip-image \(CKA 0.270\)\.$/,
    );
    expect(words.find((text) => text.startsWith("noise"))).toMatch(
      /^noise stands alone: closest is bert-base \(CKA 0.250, chance 0.100\), with 20 % of neighbours the same\.$/,
    );
  });

  test("say where there are no groups", () => {
    const alike = matrixOf({ names: ["a", "b", "c"], like: () => 0.7 });
    expect(clusterWords(alike)).toEqual([
      "No groups: a, b and c agree about alike, CKA 0.700 (chance 0.100), 56 % of neighbours the same.",
    ]);
    const many = matrixOf({ names: Array.from({ length: 12 }, (_, i) => `m${i}`), like: () => 0.7 });
    expect(clusterWords(many)[0]).toMatch(/^No groups: (m\d+, ){6}m\d+ and 5 more agree/);
  });

  test("tell chance, and how wide intervals are at most", () => {
    expect(chanceWords(family(), "neighborRecall")).toBe("Chance 0.010.");
    expect(chanceWords(family({ half: 0.02 }), "neighborRecall")).toMatch(
      /^Chance 0.010. 95 % intervals reach 0.020 to either side at most \(500 rows drawn\)\.$/,
    );
    expect(chanceWords(family({ wide: true }), "procrustes")).toBe(
      "n/a: both have too many dimensions for it.",
    );
  });
});

describe("the tree in text", () => {
  test("of four models", () => {
    // 0 and 1 meet at a quarter, 2 joins at a half, 3 at the end.
    const clustering = {
      order: [0, 1, 2, 3],
      merges: [
        { left: 0, right: 1, height: 0.25, size: 2 },
        { left: 2, right: 4, height: 0.5, size: 3 },
        { left: 3, right: 5, height: 1, size: 4 },
      ],
    } as unknown as AlignMatrixResult["clustering"];
    expect(treeLines(clustering, 14)).toEqual(["───┬──┐", "───┘  ├─────┐", "──────┘     │", "────────────┘"]);
  });

  test("of models that are all the same has its merges beside each other", () => {
    const { clustering } = matrixOf({ names: ["a", "b", "c"], like: () => 1 });
    expect(treeLines(clustering, 12)).toEqual(["─┬┐", "─┘│", "──┘"]);
  });
});

describe("the page of a matrix", () => {
  const options = { date: "2026-01-31" };

  test("says in words what it shows", async () => {
    await expect(`${skeleton(await alignMatrixPage(family(), options))}\n`).toMatchFileSnapshot(
      golden("align-matrix-page.txt"),
    );
  });

  test("has three heatmaps with every pair twice, a tree beside each, and one table of all", async () => {
    const page = await alignMatrixPage(family(), options);
    const figures = page.match(/<figure>[\s\S]*?<\/figure>/g)!;
    expect(figures).toHaveLength(3);
    for (const each of figures) {
      expect(each.match(/<g><title>/g)).toHaveLength(30);
      expect(each.match(/<path d="(M[^"]*){5}"/g)).toHaveLength(1);
      expect(each).toMatch(/role="img" aria-label="[^"]{20,}"/);
    }
    expect(page.match(/<tr>/g)).toHaveLength(16);
  });

  test("loads nothing, runs nothing, is well nested, and has the same bytes again", async () => {
    for (const result of [family(), family({ half: 0.02, wide: true }), family({ by: "procrustes" })]) {
      const page = await alignMatrixPage(result, options);
      expect(nestingErrors(page)).toEqual([]);
      expect(page).not.toMatch(/<(script|link|iframe|img)\b|https?:\/\/|\bNaN\b|undefined|Infinity/);
      expect(page).toContain("default-src 'none'");
      expect(await alignMatrixPage(result, options)).toBe(page);
    }
  });

  test("keeps hostile names as text", async () => {
    const nasty = `<script>alert(1)</script>"><img src=x onerror=alert(2)>'\u0007\u202e`;
    const names = [nasty, `${nasty}2`, "c"];
    const page = await alignMatrixPage(matrixOf({ names, like: inFamily }), options);
    expect(nestingErrors(page)).toEqual([]);
    expect(page).not.toMatch(/<script|<img|\u202e/);
    expect(page).not.toContain("\u0007");
  });
});
