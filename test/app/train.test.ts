import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentsOf, jobContext } from "../../src/app/cli/context.ts";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { matrix, type Progress, rng, rowsFromMatrix, type Watch } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { metadataOf } from "../../src/graph/index.ts";
import { applySchema, geometrySchema, trainSchema } from "../../src/jobs/schema.ts";
import { checkOptions } from "../../src/jobs/validate.ts";
import { testHost } from "./host.ts";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const DIGITS = example("digits.npy");
const LABELS = example("digits-labels.npy");
/** A network that learns in a second. */
const SMALL = ["--hidden", "32", "--epochs", "4", "--rows", "0:600", "--n-neighbors", "5"];

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-train-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["train", ...args], host);
  return { status, ...host.written };
}

/** A training of the digits, with its result. */
async function trained(name: string, ...more: string[]) {
  const { status, out, err } = await run(DIGITS, ...SMALL, "--out", at(name), "--json", "-", ...more);
  expect({ status, err }).toMatchObject({ status: 0 });
  return trainSchema.parse(JSON.parse(out));
}

const bytes = (...path: string[]) => readFile(join(folder, ...path));

describe("isometer train", () => {
  test("trains, watches, audits and writes; other jobs take what it wrote", async () => {
    const { err } = await run(DIGITS, ...SMALL, "--to", "2", "--out", at("first"), "--isometry", "stress");
    // A table that grew, a line for each look.
    expect(err.split("\n").slice(0, 2)).toEqual([
      "isometer: epoch     loss  held out  stress  stretch  recall  condition  rank",
      expect.stringMatching(/^isometer: {5}1( +[\d.]+){7} {2}best$/),
    ]);
    expect(err.trim().split("\n")).toHaveLength(5);
    const result = trainSchema.parse(JSON.parse((await bytes("first", "report.json")).toString()));
    expect(result).toMatchObject({
      rows: { train: 540, heldOut: 60 },
      network: { inputs: 64, outputs: 2 },
      stopped: "finished",
      scored: "held-out",
      steps: Math.ceil((4 * 540) / 256),
      options: {
        isometry: [{ name: "stress", weight: null }],
        hidden: [32],
        metric: "euclidean",
        lookEvery: 1,
      },
    });
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    // 64-32-2 and back.
    expect(result.network.parameters).toBe(64 * 32 + 32 + 32 * 2 + 2 + 2 * 32 + 32 + 32 * 64 + 64);
    // The model that was kept is the one that the audit is of.
    const least = Math.min(...result.epochs.map(({ look }) => look!.stress!));
    expect(result.best.score).toBe(least);
    expect(result.scores.stress!.value).toBeCloseTo(least, 5);
    expect(result.scores.stress!.baseline!.name).toBe("PCA to 2");
    expect(result.reconstruction!.error).toBeCloseTo(
      result.epochs[result.best.epoch - 1]!.look!.reconstruction!,
      4,
    );
    const encoder = metadataOf(await bytes("first", "encoder.onnx"));
    expect(encoder["isometer.method"]).toBe("train ae");
    expect(JSON.parse(encoder["isometer.scores"]!).stress).toBe(result.scores.stress!.value);
    expect(encoder["isometer.data"]).toMatch(/^600x64:[0-9a-f]{32}$/);
    const apply = testHost();
    const args = [
      "apply",
      at("first/encoder.onnx"),
      DIGITS,
      "--rows",
      "0:600",
      "--out",
      at("again.npy"),
      "--json",
      "-",
    ];
    expect(await runCommandLine(args, apply)).toBe(0);
    expect(applySchema.parse(JSON.parse(apply.written.out))).toMatchObject({ out: { rows: 600, cols: 2 } });
    const [codes, again] = [await readMatrix(at("first/codes.npy")), await readMatrix(at("again.npy"))];
    const most = codes.data.reduce((worst, value, p) => Math.max(worst, Math.abs(value - again.data[p]!)), 0);
    expect(most).toBeLessThan(1e-4);
    const geometry = testHost();
    const look = ["geometry", at("first/decoder.onnx"), at("first/codes.npy"), "--at", "50", "--json", "-"];
    expect(await runCommandLine(look, geometry)).toBe(0);
    expect(geometrySchema.parse(JSON.parse(geometry.written.out)).network).toMatchObject({
      inputs: 2,
      outputs: 64,
    });
  });

  test("as a person reads it: what can be trusted, which model was kept, what comes back", async () => {
    const { status, out } = await run(DIGITS, ...SMALL, "--out", at("read"));
    expect(status).toBe(0);
    const words = out.replace(/\s+/g, " ");
    for (const text of [
      "Neighbourhoods",
      "64 to 2 dimensions, 4,354 parameters; 540 rows to train on, 60 held out; no isometry penalty.",
      "All 4 epochs were run; the model of epoch",
      "Scores are of the 60 rows that were held out.",
      "Reconstruction: mean squared error",
      "Decoder: condition number of its metric",
      "Latent: 2 of 2 columns in use",
      "read/encoder.onnx",
      "isometer geometry",
    ])
      expect(words).toContain(text);
    for (const line of out.split("\n").filter((text) => !text.includes(folder) && !text.includes("digits")))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });

  test.each([
    ["vae", ["--model", "vae", "--to", "4", "--beta", "0.1"], { reconstruction: expect.anything() }],
    ["neighbors", ["--model", "contrastive", "--to", "4"], { reconstruction: null, geometry: null }],
    [
      "labels",
      ["--model", "contrastive", "--to", "4", "--labels", "LABELS", "--isometry", "distance:0.1"],
      { options: { loss: "infonce", labels: LABELS } },
    ],
    [
      "augmented",
      [
        "--model",
        "contrastive",
        "--to",
        "4",
        "--image-shape",
        "8x8",
        "--positives",
        "augmented",
        "--loss",
        "triplet",
      ],
      { options: { positives: "augmented" } },
    ],
    [
      "distill",
      ["--model", "distill", "--to", "4", "--teacher", "ENCODER"],
      { options: { metric: "teacher" } },
    ],
    [
      "conv",
      ["--network", "conv", "--image-shape", "8x8", "--channels", "4,8", "--hidden", "none"],
      { options: { channels: [4, 8] } },
    ],
    ["lbfgs", ["--optimizer", "lbfgs"], { steps: 4, options: { optimizer: "lbfgs" } }],
    ["auto", ["--isometry", "auto"], { scored: "all", options: { metric: "geodesic", isometry: "auto" } }],
    [
      "plain",
      ["--holdout", "0", "--schedule", "plateau"],
      { scored: "trained-on", rows: { train: 600, heldOut: 0 } },
    ],
  ])("%s: another model or network", async (name, more, expected) => {
    const own = more.map((text) => ({ LABELS, ENCODER: example("digits-encoder.onnx") })[text] ?? text);
    // An option that is given twice is refused.
    const rest = own.includes("--hidden") ? SMALL.slice(2) : SMALL;
    const { status, out, err } = await run(DIGITS, ...rest, "--out", at(name), "--json", "-", ...own);
    expect({ status, err }).toMatchObject({ status: 0 });
    const result = trainSchema.parse(JSON.parse(out));
    expect(result).toMatchObject(expected);
    expect(result.epochs[3]!.terms.loss!).toBeLessThan(result.epochs[0]!.terms.loss! * 1.5);
    const files = (await readdir(at(name))).sort();
    const decoder = result.reconstruction ? ["decoder.onnx"] : [];
    expect(files).toEqual(
      [
        "checkpoint.safetensors",
        "codes.npy",
        ...decoder,
        "encoder.onnx",
        "report.html",
        "report.json",
      ].sort(),
    );
  });

  test("pictures whose colours lie side by side are convolved as they are", async () => {
    const source = rng(4);
    const values = Float32Array.from({ length: 100 * 48 }, () => source.uniform());
    await writeRows(at("colours.npy"), rowsFromMatrix(matrix(values, 100, 48)));
    const args = [
      "--network",
      "conv",
      "--image-shape",
      "4x4x3",
      "--channels",
      "4",
      "--epochs",
      "3",
      "--holdout",
      "0.3",
    ];
    const { status, out } = await run(at("colours.npy"), ...args, "--out", at("colours"), "--json", "-");
    expect(status).toBe(0);
    const result = trainSchema.parse(JSON.parse(out));
    expect(result.network).toMatchObject({ inputs: 48, outputs: 2 });
    // 4 x 3 x 4 x 4 and 4, 16 x 2 and 2; and back with 2 x 16 and 16, 4 x 3 x 4 x 4 and 3.
    expect(result.network.parameters).toBe(192 + 4 + 32 + 2 + 32 + 16 + 192 + 3);
    const host = testHost();
    const apply = ["apply", at("colours/encoder.onnx"), at("colours.npy"), "--out", at("colours-again.npy")];
    expect(await runCommandLine(apply, host)).toBe(0);
    const [codes, again] = [
      await readMatrix(at("colours/codes.npy")),
      await readMatrix(at("colours-again.npy")),
    ];
    codes.data.forEach((value, p) => {
      expect(value).toBeCloseTo(again.data[p]!, 4);
    });
    const changed = ["--model", "contrastive", "--positives", "augmented", "--image-shape", "4x4x3"];
    expect(await run(at("colours.npy"), ...changed, "--out", at("never"))).toMatchObject({
      status: 2,
      err: expect.stringContaining("colours lie side by side"),
    });
  });

  test("the same seed gives the same bytes, another gives others", async () => {
    await trained("s1", "--seed", "5");
    await trained("s2", "--random-state", "5");
    await trained("s3", "--seed", "6");
    for (const file of ["encoder.onnx", "decoder.onnx", "codes.npy"]) {
      expect(await bytes("s2", file)).toEqual(await bytes("s1", file));
      expect(await bytes("s3", file)).not.toEqual(await bytes("s1", file));
    }
  });

  test("somebody's networks are looked at before and after", async () => {
    const [encoder, decoder] = [example("digits-encoder.onnx"), example("digits-decoder.onnx")];
    const args = ["--encoder", encoder, "--decoder", decoder, "--isometry", "relaxed-distortion:100"];
    const { status, out } = await run(
      DIGITS,
      ...args,
      "--epochs",
      "20",
      "--out",
      at("own"),
      "--json",
      at("own.json"),
    );
    expect(status).toBe(0);
    expect(out.replace(/\s+/g, " ")).toMatch(
      /From what was given to what was kept, of held-out rows: stress [\d.]+ to/,
    );
    const result = trainSchema.parse(JSON.parse(await readFile(at("own.json"), "utf8")));
    expect(result.options).toMatchObject({ standardize: "none", encoder, decoder });
    const { look } = result.epochs[result.best.epoch - 1]!;
    expect(look!.conditionNumber!).toBeLessThan(result.before!.conditionNumber!);
    expect(look!.stress!).toBeLessThan(result.before!.stress!);
    expect((await trained("fresh")).before).toBeNull();
  });

  test("distances of a file of pairs take the place of those of the data", async () => {
    const source = rng(2);
    const lines = Array.from({ length: 2000 }, () => {
      const [a, b] = [source.integer(600), source.integer(600)];
      return `${a},${b},${Math.abs(a - b)}`;
    });
    await writeFile(at("pairs.csv"), `a,b,distance\n${lines.join("\n")}\n`);
    const result = await trained(
      "pairs",
      "--pairs",
      at("pairs.csv"),
      "--isometry",
      "stress:1",
      "--batch-size",
      "540",
    );
    expect(result.warnings.map(({ code }) => code)).toContain("pairs-unused");
    const plain = await trained("no-pairs", "--isometry", "stress:1", "--batch-size", "540");
    expect(result.epochs[0]!.terms.stress).not.toBe(plain.epochs[0]!.terms.stress);
  });

  test("of few rows as many are held out as can be scored; of fewer none, which is said", async () => {
    const rowsOf = async (name: string, range: string) => {
      const args = [
        DIGITS,
        "--rows",
        range,
        "--epochs",
        "1",
        "--hidden",
        "8",
        "--out",
        at(name),
        "--json",
        "-",
      ];
      const { out } = await run(...args);
      const { rows, warnings } = trainSchema.parse(JSON.parse(out));
      return [rows, warnings.some(({ code }) => code === "no-holdout")];
    };
    expect(await rowsOf("few", "0:80")).toEqual([{ train: 60, heldOut: 20 }, false]);
    expect(await rowsOf("fewer", "0:50")).toEqual([{ train: 50, heldOut: 0 }, true]);
  });

  test("early stop: after looks that found nothing better", async () => {
    const longer = SMALL.map((text) => (text === "4" ? "50" : text));
    // Steps of no length find nothing.
    const more = ["--learning-rate", "0", "--look-every", "1", "--patience", "2"];
    const { status, out } = await run(DIGITS, ...longer, ...more, "--out", at("early"), "--json", "-");
    expect(status).toBe(0);
    const result = trainSchema.parse(JSON.parse(out));
    expect(result.stopped).toBe("early");
    expect(result.best.epoch).toBe(1);
    expect(result.epochs).toHaveLength(3);
    // What ended so has ended, also when somebody goes on with it; with more patience it goes on.
    const again = await run(DIGITS, ...longer, ...more, "--out", at("early"), "--resume", "--json", "-");
    expect(trainSchema.parse(JSON.parse(again.out)).epochs).toHaveLength(3);
    const patient = more.map((text) => (text === "2" ? "4" : text));
    const on = await run(DIGITS, ...longer, ...patient, "--out", at("early"), "--resume", "--json", "-");
    expect(trainSchema.parse(JSON.parse(on.out)).epochs).toHaveLength(5);
  });

  test("a loss that is no number is an error with step, rows and advice; nothing is written", async () => {
    const { status, err } = await run(
      DIGITS,
      ...SMALL,
      "--lr",
      "1e6",
      "--optimizer",
      "sgd",
      "--out",
      at("nan"),
    );
    expect(status).toBe(2);
    expect(err).toMatch(/the loss is no number any more at step \d+ \(.*reconstruction/);
    expect(err).toMatch(/rows \d+(, \d+){7} and \d+ others/);
    expect(err).toContain("lower --learning-rate (1000000)");
    expect(await readdir(at("nan"))).toEqual([]);
    // A row of numbers whose squares leave float32 poisons its batch, and is among those that are named.
    const { data, cols } = await readMatrix(DIGITS);
    const some = data.slice(0, 60 * cols).fill(3e38, 17 * cols, 18 * cols);
    await writeRows(at("poisoned.npy"), rowsFromMatrix(matrix(some, 60, cols)));
    const poisoned = await run(
      ...[at("poisoned.npy"), "--epochs", "2", "--holdout", "0", "--batch-size", "8"],
      ...["--standardize", "none", "--out", at("poison")],
    );
    expect(poisoned.status).toBe(2);
    expect(poisoned.err).toMatch(/\brows (\d+, )*17\b/);
  });

  test.each([
    [["--isometry", "stres"], "--isometry stres is no penalty", "Did you mean stress?"],
    [["--model", "contrastive", "--isometry", "auto"], "contrastive has none", ""],
    [["--model", "distill"], "distill needs the embeddings", "--teacher"],
    [["--beta", "2"], "--beta is of vae, not of ae", "--model vae"],
    [["--momentum", "0.9"], "--momentum is of sgd, not of adam", ""],
    [["--frozen"], "--frozen keeps an encoder, and there is none", ""],
    [["--network", "conv"], "no images that say so", "--image-shape"],
    [["--hidden", "a,b"], '--hidden needs widths, got "a,b"', ""],
    [["--output", "sigmoid"], "cannot give standardized data", "--standardize none"],
    [["--to", "65"], "64 dimensions", ""],
    [["--resume"], "holds no training that could go on", ""],
    [["--resume", "--force"], "--force begins anew", ""],
    [["--holdout", "0.005"], "holds out", ""],
    [["--model", "contrastive", "--positives", "labels"], "there are no labels", "--labels"],
  ])("%j is refused in words", async (args, message, hint) => {
    const { status, err } = await run(DIGITS, ...args, "--out", at("never"));
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(message) });
    expect(err).toContain(hint);
  });
});

describe("a folder that has a training", () => {
  test("is neither overwritten nor mixed up", async () => {
    await trained("there");
    const before = await bytes("there", "encoder.onnx");
    const again = await run(DIGITS, ...SMALL, "--out", at("there"));
    expect(again).toMatchObject({ status: 2, err: expect.stringContaining("holds a training already") });
    const other = await run(DIGITS, ...SMALL, "--out", at("there"), "--resume", "--seed", "9", "--clip", "1");
    expect(other).toMatchObject({
      status: 2,
      err: expect.stringContaining("began with other options: --clip was null, --seed was 0"),
    });
    const longer = SMALL.map((text) => (text === "4" ? "9" : text));
    expect(await run(DIGITS, ...longer, "--out", at("there"), "--resume")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--schedule cosine depends on their number"),
    });
    const rows = SMALL.map((text) => (text === "0:600" ? "1:601" : text));
    expect(await run(DIGITS, ...rows, "--out", at("there"), "--resume")).toMatchObject({
      status: 2,
      err: expect.stringContaining("rows are not those that the training began with"),
    });
    expect(await bytes("there", "encoder.onnx")).toEqual(before);
    await trained("there", "--force", "--seed", "9");
    expect(await bytes("there", "encoder.onnx")).not.toEqual(before);
  });

  test("goes on for more epochs where nothing depended on their number", async () => {
    const more = ["--schedule", "constant", "--isometry", "stress:1"];
    const longer = SMALL.map((text) => (text === "4" ? "8" : text));
    await trained("grown", ...more);
    expect((await run(DIGITS, ...longer, ...more, "--out", at("grown"), "--resume")).status).toBe(0);
    expect((await run(DIGITS, ...longer, ...more, "--out", at("whole"))).status).toBe(0);
    const values = async (name: string) => {
      const { metadata: _, ...own } = await import("../../src/data/index.ts").then(({ readCheckpointFile }) =>
        readCheckpointFile(at(`${name}/checkpoint.safetensors`)),
      );
      return own.values.data;
    };
    expect(await values("grown")).toEqual(await values("whole"));
  });

  test("Ctrl-C keeps the best model with its report, exit 130; resumed it is what it would have been", async () => {
    const longer = SMALL.map((text) => (text === "4" ? "12" : text));
    const args = ["train", DIGITS, ...longer, "--isometry", "auto"];
    expect(await runCommandLine([...args, "--out", at("one-go")], testHost())).toBe(0);
    const controller = new AbortController();
    const host = testHost({ signal: controller.signal });
    const write = host.stderr.write.bind(host.stderr);
    let looks = 0;
    const stopping = {
      ...host,
      stderr: {
        write(text: string) {
          write(text);
          // After the third look.
          if (/isometer: {4,}\d+ /.test(text) && ++looks === 3) controller.abort();
        },
      },
    };
    expect(await runCommandLine([...args, "--out", at("stopped")], stopping)).toBe(130);
    expect(host.written.err).toMatch(/train was stopped after \d+ of 12 epochs/);
    expect(host.written.err).toContain("has the best model so far, of epoch");
    const part = trainSchema.parse(JSON.parse((await bytes("stopped", "report.json")).toString()));
    expect(part).toMatchObject({ stopped: "interrupted", rows: { heldOut: 60 } });
    expect(part.epochs.length).toBeLessThan(12);
    expect(await bytes("stopped", "encoder.onnx")).not.toEqual(await bytes("one-go", "encoder.onnx"));
    expect(await runCommandLine([...args, "--out", at("stopped"), "--resume"], testHost())).toBe(0);
    for (const file of ["encoder.onnx", "decoder.onnx", "codes.npy", "checkpoint.safetensors"])
      expect(await bytes("stopped", file), file).toEqual(await bytes("one-go", file));
  });

  test.each([1, 2, 3])(
    "stopped after its steps and before look %d, it is looked at when it goes on",
    async (k) => {
      const { train } = await import("../../src/jobs/train.ts");
      const options = (more: object) =>
        checkOptions(train.options, {
          rows: "0:600",
          hidden: "32",
          epochs: 5,
          lookEvery: 1,
          seed: 2,
          ...more,
        });
      const whole = at("steps-whole");
      const context = (watch: Watch) => jobContext(watch, "0.1.0", documentsOf({}), () => {});
      const go = (watch: Watch, more: object) =>
        train.run(context(watch), { vectors: DIGITS }, options(more) as Parameters<typeof train.run>[2]);
      await go({}, { out: whole, force: true });
      const controller = new AbortController();
      let [told, before] = [0, -1];
      const onProgress = ({ stage, detail }: Progress) => {
        const step = Number(/step (\d+)/.exec(detail ?? "")?.[1] ?? Number.NaN);
        if (stage !== "training" || !(step > before)) return;
        before = step;
        // The steps of an epoch are one piece of work.
        if (++told === k) controller.abort();
      };
      const out = at(`steps-${k}`);
      const stopped = go({ signal: controller.signal, onProgress }, { out });
      await expect(stopped).rejects.toMatchObject({
        code: "aborted",
        message: expect.stringContaining("of 5 epochs"),
      });
      const part = trainSchema.parse(JSON.parse((await bytes(`steps-${k}`, "report.json")).toString()));
      expect(part.epochs.map(({ look }) => look !== null)).toEqual([...new Array(k - 1).fill(true), false]);
      await go({}, { out, resume: true });
      for (const file of ["encoder.onnx", "checkpoint.safetensors"])
        expect(await bytes(`steps-${k}`, file)).toEqual(await bytes("steps-whole", file));
    },
  );
});
