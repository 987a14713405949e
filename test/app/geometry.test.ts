import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { geometrySchema } from "../../src/jobs/schema.ts";
import { bytesOf } from "../graph/model-kit.ts";
import { fixtureModel, fixturePath } from "../graph/pytorch-kit.ts";
import { testHost } from "./host.ts";

let folder: string;
const at = (name: string) => join(folder, name);
const model = (name: string) => fileURLToPath(fixturePath(name, "dynamo"));

async function writePoints(name: string, rows: number, cols: number): Promise<string> {
  const random = rng(7);
  const data = Float32Array.from({ length: rows * cols }, () => random.normal());
  await writeRows(at(name), rowsFromMatrix(matrix(data, rows, cols)));
  return at(name);
}

let latent: string;
let images: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-geometry-"));
  latent = await writePoints("latent.npy", 60, 4);
  images = await writePoints("images.npy", 12, 192);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["geometry", ...args], host);
  return { status, ...host.written };
}

describe("isometer geometry", () => {
  test("of a decoder: the verdict, scores, singular values, the bound, worst points, what next", async () => {
    const { status, out, err } = await run(model("conv-decoder"), latent);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    for (const text of [
      "Lengths are",
      "stretchAlongData",
      "which is certified",
      "Singular values",
      "Worst points",
      "Next",
      "derivatives of the graph",
    ])
      expect(out).toContain(text);
    for (const line of out.split("\n").filter((text) => !text.includes("isometer geometry")))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  test("as JSON fits its schema, twice the same but for the time", async () => {
    const { out } = await run(model("conv-decoder"), latent, "--json", "-", "--at", "30");
    const again = await run(model("conv-decoder"), latent, "--json", "-", "--at", "30");
    const [a, b] = [out, again.out].map((text) => ({
      ...geometrySchema.parse(JSON.parse(text)),
      seconds: 0,
    }));
    expect(b).toEqual(a);
    expect(a).toMatchObject({ points: 30, rows: 60, network: { latent: "inputs", inputs: 4, outputs: 144 } });
    expect(a!.map).toHaveLength(30);
    const { value, interval } = a!.scores.conditionNumber;
    expect(interval[0]).toBeLessThan(value!);
    expect(interval[1]).toBeGreaterThan(value!);
  });

  test("of an encoder: its latent is its outputs", async () => {
    const { status, out } = await run(model("resnet-encoder"), images, "--json", "-");
    expect(status).toBe(0);
    const result = geometrySchema.parse(JSON.parse(out));
    expect(result).toMatchObject({ network: { latent: "outputs", rank: 6 }, paths: null });
    expect(result.lipschitz.certified.value).toBeGreaterThan(result.lipschitz.empirical!);
  });

  test("of a transformer says why there is no bound", async () => {
    const points = await writePoints("tokens.npy", 10, 24);
    const { out } = await run(model("transformer-encoder"), points);
    expect(out.replace(/\s+/g, " ")).toContain("dot-product attention) has no global bound");
  });

  test("--layer measures a value inside, and names the nearest where there is none", async () => {
    const wrong = await run(
      model("mlp-decoder"),
      await writePoints("three.npy", 10, 3),
      "--layer",
      "nonsense",
    );
    expect(wrong.status).toBe(2);
    expect(wrong.err).toContain("has no value");
    const inner = /, (\S+)\.\n/.exec(wrong.err)?.[1] ?? "y";
    const { status, out } = await run(model("mlp-decoder"), at("three.npy"), "--layer", inner, "--json", "-");
    expect(status).toBe(0);
    expect(geometrySchema.parse(JSON.parse(out)).network.output).toBe(inner);
  });

  test("--fail-over ends with 3 where a score is over its limit, and 0 where it is not", async () => {
    const failed = await run(
      model("conv-decoder"),
      latent,
      "--fail-over",
      "stretch=1.01",
      "--path-pairs",
      "0",
    );
    expect(failed.status).toBe(3);
    expect(failed.err).toContain("gate failed: stretch");
    expect((await run(model("conv-decoder"), latent, "--fail-over", "stretch=1000")).status).toBe(0);
    const unknown = await run(model("conv-decoder"), latent, "--fail-over", "strech=2");
    expect(unknown).toMatchObject({ status: 2, err: expect.stringContaining("Did you mean stretch?") });
  });

  test("--html writes a page with maps, ellipses and walks, without a script", async () => {
    const page = at("page.html");
    const { status } = await run(model("conv-decoder"), latent, "--html", page);
    expect(status).toBe(0);
    const text = await readFile(page, "utf8");
    expect(text.match(/<figure>/g)).toHaveLength(4);
    expect(text.match(/<ellipse/g)!.length).toBeGreaterThan(20);
    // Two points, two directions, five places: outputs of 1 x 12 x 12 are pictures.
    expect(text.match(/<img src="data:image\/png;base64,/g)).toHaveLength(20);
    expect(text).not.toContain("<script");
    const again = at("again.html");
    await run(model("conv-decoder"), latent, "--html", again);
    const timeless = (html: string) => html.replace(/\d+(\.\d+)? s</g, "");
    expect(timeless(await readFile(again, "utf8"))).toBe(timeless(text));
  });

  test("--image-shape is for pages", async () => {
    expect(await run(model("conv-decoder"), latent, "--image-shape", "12x12")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--html"),
    });
  });
});

describe("models that are none, or that want what is not theirs", () => {
  const node = (opType: string, extra: object = {}) => ({
    opType,
    name: "n",
    input: ["x"],
    output: ["y"],
    ...extra,
  });
  const value = (name: string, size: number) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: size }] } } },
  });
  const whole = (graph: object) =>
    bytesOf({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: { name: "g", input: [value("x", 4)], output: [value("y", 4)], ...graph },
    });
  const { bytes } = fixtureModel("mlp-decoder", "script");
  const CASES: readonly (readonly [string, Uint8Array, string])[] = [
    ["a part of a file", bytes.slice(0, bytes.length / 2), "no ONNX model"],
    ["text", new TextEncoder().encode("hello"), "no ONNX model"],
    ["nothing", new Uint8Array(0), "empty"],
    ["a cycle", whole({ node: [node("Relu", { input: ["y"] })] }), "which nothing before it makes"],
    ["a missing tensor", whole({ node: [node("Add", { input: ["x", "w"] })] }), "takes w"],
    ["an operation of nobody", whole({ node: [node("Nonsense")] }), "Nonsense"],
    ["a domain of somebody", whole({ node: [node("Relu", { domain: "evil.example" })] }), "evil.example"],
    [
      "tensors outside of its folder",
      whole({
        node: [node("Add", { input: ["x", "w"] })],
        initializer: [
          {
            name: "w",
            dims: [4],
            dataType: 1,
            dataLocation: 1,
            externalData: [{ key: "location", value: "../../etc/passwd" }],
          },
        ],
      }),
      "outside of its folder",
    ],
    [
      "a tensor of all the memory there is",
      whole({
        node: [node("Add", { input: ["x", "w"] })],
        initializer: [{ name: "w", dims: [2 ** 40, 2 ** 12], dataType: 1 }],
      }),
      "declares",
    ],
  ];

  test.each(CASES)("%s: refused in words, without a stack", async (name, content, words) => {
    const path = at(`${name.replaceAll(" ", "-")}.onnx`);
    await writeFile(path, content);
    const { status, out, err } = await run(path, latent);
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(words);
    expect(err).not.toContain("    at ");
  });

  test("points of another width: both sizes are named", async () => {
    const { status, err } = await run(model("mlp-decoder"), latent);
    expect({ status, err }).toMatchObject({
      status: 2,
      err: expect.stringMatching(/takes rows of 3, the points have 4/),
    });
  });
});
