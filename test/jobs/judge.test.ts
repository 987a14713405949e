import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonText } from "../../src/app/cli/outputs.ts";
import { matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeNpy } from "../../src/data/index.ts";
import { AUDIT_DEFAULTS, type AuditValues } from "../../src/jobs/audit-options.ts";
import { audit, type JobContext } from "../../src/jobs/index.ts";
import { judgementSchema, RESULT_SCHEMAS } from "../../src/jobs/schema.ts";
import { judgePairs } from "../../src/measure/index.ts";
import type { AuditResult, JudgementResult } from "../../src/report/index.ts";
import { plain, width } from "../../src/report/index.ts";
import { gaussian } from "../matrices.ts";
import { textOf } from "../report/fixture.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

const ctx: JobContext = {
  watch: {},
  clock: () => 0,
  version: "0.1.0",
  example: (file) => file,
  exists: async () => false,
};

/** Words on a line, and how similar people find them: by distance, but for one pair. */
const WORDS = ["one", "two", "three", "five", "eight", "thirteen"];
const PLACES = [1, 2, 3, 5, 8, 13];
const words = matrix(
  PLACES.flatMap((place) => [place, 1]),
  6,
  2,
);
const PAIRS = [
  ["one", "two", 9],
  ["one", "three", 8],
  ["two", "five", 7],
  ["three", "eight", 5],
  ["five", "thirteen", 2],
  ["one", "thirteen", 10],
  ["two", "twelve", 4],
] as const;

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-judge-"));
  await writeNpy(at("words.npy"), rowsFromMatrix(words));
  await writeNpy(at("noise.npy"), rowsFromMatrix(gaussian(rng(1), 6, 2)));
  // The same words in another order, and one that the first has not.
  const turned = [...PLACES.toReversed(), 12];
  await writeNpy(
    at("turned.npy"),
    rowsFromMatrix(
      matrix(
        turned.flatMap((place) => [place, 1]),
        7,
        2,
      ),
    ),
  );
  await writeFile(at("turned.txt"), `${[...WORDS.toReversed(), "twelve"].join("\n")}\n`);
  await writeFile(at("words.txt"), `${WORDS.join("\n")}\n`);
  const lines = PAIRS.map((pair) => pair.join(","));
  await writeFile(at("pairs.csv"), `a,b,similarity\n${lines.join("\n")}\n`);
  const sets = PAIRS.map((pair, i) => [i < 4 ? "first" : "second", ...pair, i].join(","));
  await writeFile(at("sets.csv"), `set,w1,w2,human,other\n${sets.join("\n")}\n`);
  const numbers = PAIRS.slice(0, 6).map(([a, b, s]) => [WORDS.indexOf(a), WORDS.indexOf(b), s].join(","));
  await writeFile(at("numbers.csv"), `i,j,s\n${numbers.join("\n")}\n`);
  await writeFile(
    at("triplets.csv"),
    "anchor,nearer,farther\none,two,eight\ntwo,three,five\nfive,eight,thirteen\none,thirteen,two\n",
  );
});
afterAll(() => rm(folder, { recursive: true }));

const judged = async (change: Partial<AuditValues>, latent: readonly string[] = [at("words.npy")]) =>
  (await audit.run(
    ctx,
    { original: undefined, latent },
    { ...AUDIT_DEFAULTS, ...change },
  )) as JudgementResult;
const byIds = { pairs: "", ids: [""] };
beforeAll(() => {
  byIds.pairs = at("pairs.csv");
  byIds.ids = [at("words.txt")];
});

describe("an audit by judged pairs", () => {
  test("matches items by id, counts what it cannot, and is the library's", async () => {
    const { latents, judgements, warnings } = await judged(byIds);
    const [task] = latents[0]!.tasks;
    const rows = PAIRS.slice(0, 6).map(([a, b]) => [WORDS.indexOf(a), WORDS.indexOf(b)] as const);
    const own = judgePairs(words, {
      a: rows.map(([a]) => a),
      b: rows.map(([, b]) => b),
      similarity: PAIRS.slice(0, 6).map(([, , s]) => s),
    });
    expect(task).toMatchObject({
      task: "pairs",
      n: 6,
      scores: { spearman: own.spearman, pearson: own.pearson },
    });
    expect(task!.worst[0]!.names).toEqual(["one", "thirteen"]);
    expect(judgements).toMatchObject([{ rows: 7, used: 6, columns: ["a", "b", "similarity"] }]);
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("1 of 7 pairs name items that"),
    );
  });

  test("takes row numbers where rows have no ids, and any three columns of a table of three", async () => {
    const [byNumber, byId] = [await judged({ pairs: at("numbers.csv") }), await judged(byIds)];
    expect(byNumber.latents[0]!.tasks[0]!.scores).toEqual(byId.latents[0]!.tasks[0]!.scores);
  });

  test("does not depend on the order of the rows", async () => {
    const turned = await judged({ ...byIds, ids: [at("turned.txt")] }, [at("turned.npy")]);
    expect(turned.judgements[0]!.used).toBe(7);
    const both = await judged({ ...byIds, ids: [at("words.txt"), at("turned.txt")] }, [
      at("words.npy"),
      at("turned.npy"),
    ]);
    const [own, other] = both.latents.map(({ tasks }) => tasks[0]!.scores);
    expect(other).toEqual(own);
    // Only what both have.
    expect(both.judgements[0]!.used).toBe(6);
    expect(both.ranking.map(({ place }) => place)).toEqual([1, 1]);
  });

  test("keeps groups apart, and leaves out those that are too small with a word", async () => {
    const pairs = `${at("sets.csv")}:w1,w2,human,set`;
    const { latents, warnings } = await judged({ ...byIds, pairs });
    expect(latents[0]!.tasks.map(({ task, n }) => [task, n])).toEqual([["first", 4]]);
    expect(warnings.at(-1)!.message).toContain('group "second" has 2 usable pairs, too few: left out');
  });

  test("ranks several latents, and finds no winner where intervals overlap", async () => {
    const latent = [at("words.npy"), at("noise.npy")];
    const { ranking, latents } = await judged(byIds, latent);
    expect(latents.map(({ name }) => name)).toEqual(["words", "noise"]);
    expect(ranking).toHaveLength(2);
    const report = textOf(audit.report(await judged(byIds, latent), { width: 80 }));
    expect(report).toMatch(/No single winner|Nearest to the judgements/);
  });

  test("has gates of its own, for every latent", async () => {
    const { gates } = await judged({ ...byIds, failUnder: ["spearman=0.9", "pearson=-1"] }, [
      at("words.npy"),
      at("noise.npy"),
    ]);
    expect(gates.map(({ latent, score, passed }) => [latent, score, passed])).toEqual([
      ["words", "spearman", false],
      ["noise", "spearman", false],
      ["words", "pearson", true],
      ["noise", "pearson", true],
    ]);
  });
});

describe("an audit by judged triplets", () => {
  test("counts those in the judged order and names the others", async () => {
    const triplets = at("triplets.csv");
    const { latents } = await judged({ ids: byIds.ids, triplets });
    const [task] = latents[0]!.tasks;
    expect(task).toMatchObject({ task: "triplets", n: 4, scores: { tripletAccuracy: { value: 0.75 } } });
    expect(task!.worst.map(({ names }) => names)).toEqual([["one", "thirteen", "two"]]);
  });

  test("stands beside pairs in one result", async () => {
    const { latents, judgements } = await judged({ ...byIds, triplets: at("triplets.csv") });
    expect(latents[0]!.tasks.map(({ kind }) => kind)).toEqual(["pairs", "triplets"]);
    expect(judgements.map(({ kind }) => kind)).toEqual(["pairs", "triplets"]);
  });
});

describe("the result", () => {
  const all = () => judged({ ...byIds, triplets: at("triplets.csv"), failUnder: ["spearman=0.1"] });

  test("as JSON fits its schema and that of the job", async () => {
    for (const result of [await all(), await judged(byIds, [at("words.npy"), at("noise.npy")])]) {
      const json = JSON.parse(jsonText(result));
      expect(judgementSchema.parse(json)).toEqual(json);
      expect(RESULT_SCHEMAS.audit!.parse(json)).toEqual(json);
    }
  });

  test.each([60, 80, 120])("as a report keeps to %i columns, commands apart", async (columns) => {
    const lines = audit.report(await all(), { width: columns }).map(plain);
    const wide = lines.filter((text) => width(text) > columns && !/isometer|\.(csv|npy)/.test(text));
    expect(wide).toEqual([]);
    expect(lines.join("\n")).toContain("Worst disagreements");
  });

  test("as Markdown and JUnit XML", async () => {
    const result = await all();
    const text = await audit.documents!.markdown!.write(result, undefined);
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    expect(rows).toHaveLength(4);
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length)).size).toBe(1);
    expect(await audit.documents!.junit!.write(result, undefined)).toContain(
      'name="spearman (pairs) at least 0.1"',
    );
  });
});

describe("what cannot be judged is refused with the next step", () => {
  const refused = async (change: Partial<AuditValues>, latent?: readonly string[]) =>
    judged(change, latent).then(
      () => ({}),
      (error: object) => error,
    );

  test.each([
    ["no ids", () => ({ pairs: byIds.pairs }), "the rows of", "--ids FILE"],
    ["other ids", () => ({ ...byIds, ids: [at("pairs.csv:b")] }), "has 7 ids", ""],
    [
      "unknown columns",
      () => ({ ...byIds, pairs: at("sets.csv") }),
      "has no columns a, b, similarity",
      "sets.csv:set,w1,w2",
    ],
    ["two columns", () => ({ ...byIds, pairs: at("sets.csv:w1,w2") }), "names 2 columns", "w1"],
    ["a missing file", () => ({ ...byIds, pairs: at("pear.csv") }), "there is no file", ""],
    ["text as similarity", () => ({ ...byIds, pairs: at("sets.csv:w1,w2,set") }), '"first" is no number', ""],
    [
      "an option of an original",
      () => ({ ...byIds, metric: "cosine" as const }),
      "--metric is about an original",
      "--latent-metric",
    ],
    ["a score of an audit", () => ({ ...byIds, failUnder: ["stretch=1"] }), 'no score "stretch"', "spearman"],
    [
      "a gate without its file",
      () => ({ ...byIds, failUnder: ["tripletAccuracy=1"] }),
      "needs --triplets",
      "",
    ],
    ["an array as table", () => ({ ...byIds, pairs: at("words.npy") }), "needs a table", "CSV"],
    ["ids for some", () => ({ ...byIds, ids: ["a", "b", "c"] }), "--ids is given 3 times for 1 inputs", ""],
  ])("%s", async (_, change, message, hint) => {
    const error = (await refused(change())) as { message: string; hint?: string };
    expect(error.message).toContain(message);
    if (hint !== "w1") expect(error.hint ?? "").toContain(hint);
  });

  test("too few pairs that the latent has", async () => {
    await writeFile(at("few.csv"), "a,b,similarity\none,two,1\none,three,2\nup,down,3\n");
    expect(await refused({ ...byIds, pairs: at("few.csv") })).toMatchObject({
      code: "bad-value",
      message: expect.stringContaining("2 pairs are left whose items every latent has"),
    });
  });
});

test("--ids joins and names the rows of an ordinary audit too", async () => {
  const example = (file: string) => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  const ids = Array.from({ length: 1797 }, (_, i) => `digit-${i}`);
  await writeFile(at("ids.txt"), `${ids.join("\n")}\n`);
  const options = { ...AUDIT_DEFAULTS, ids: [at("ids.txt")], rows: "0:300", baseline: "none" as const };
  const inputs = { original: example("digits.npy"), latent: [example("digits-pca.npy")] };
  const result = (await audit.run(ctx, inputs, options)) as AuditResult;
  expect(result.witnesses.points.every(({ id, row }) => id === `digit-${row}`)).toBe(true);
  expect(result.options.ids).toEqual([at("ids.txt")]);
});

describe.runIf(hasSharedData)("GloVe and human judgement", () => {
  // By SciPy 1's spearmanr on the same pairs (test/fixtures/make-judgement.py has the formula).
  test.each([
    ["cosine", [0.5353, 0.2337, 0.6817]],
    ["euclidean", [0.4888, 0.2131, 0.6017]],
  ] as const)("by %s", async (latentMetric, expected) => {
    const pairs = `${sharedData("words/human-word-similarity.csv")}:word1,word2,human_score,set`;
    const ids = [sharedData("words/glove-50d-5k.txt")];
    const { latents, judgements } = await judged({ pairs, ids, latentMetric }, [
      sharedData("words/glove-50d-5k.npy"),
    ]);
    expect(judgements[0]).toMatchObject({ rows: 4352, used: 1359 });
    const values = latents[0]!.tasks.map((task) => (task.kind === "pairs" ? task.scores.spearman.value : 0));
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });
});
