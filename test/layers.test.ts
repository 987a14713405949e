import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src/", import.meta.url));

/** Every room of the mathematics, in the order of the arrow. */
const MATHEMATICS = [
  "base",
  "graph",
  "engine",
  "linalg",
  "neighbors",
  "optim",
  "measure",
  "reduce",
  "learn",
  "align",
];

/** Which rooms a room may import: the arrow of DESIGN.md. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  graph: ["base"],
  engine: ["base", "graph"],
  linalg: ["base", "graph", "engine"],
  neighbors: ["base", "graph", "engine", "linalg"],
  optim: ["base", "graph", "engine", "linalg", "neighbors"],
  measure: ["base", "graph", "engine", "linalg", "neighbors", "optim"],
  reduce: ["base", "graph", "engine", "linalg", "neighbors", "optim"],
  learn: ["base", "graph", "engine", "linalg", "neighbors", "optim"],
  align: ["base", "graph", "engine", "linalg", "neighbors", "optim"],
  data: ["base"],
  report: ["base"],
  stores: ["base", "engine", "neighbors", "data"],
  spaces: [...MATHEMATICS, "data", "report", "stores"],
  jobs: [...MATHEMATICS, "data", "report", "stores", "spaces"],
  app: ["base", "jobs", "report", "measure", "data", "engine", "spaces"],
  "index.ts": [
    "base",
    "measure",
    "neighbors",
    "reduce",
    "learn",
    "align",
    "data",
    "engine",
    "stores",
    "spaces",
  ],
};

/** Rooms whose types alone a room may import: results are described where they are made. */
const MAY_IMPORT_TYPES: Record<string, readonly string[]> = {
  report: ["spaces", "measure", "engine", "neighbors", "align", "jobs", "data"],
  measure: [],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".as.ts"))
  .map((name) => name.replaceAll("\\", "/"));
const texts = new Map(files.map((name) => [name, readFileSync(resolve(src, name), "utf8")]));

/** Code without comments and string contents, for rules about what code does. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const pattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?([^"';]*?)\sfrom\s+"([^"]+)"|import\("([^"]+)"\)/g;
  for (const [, , type, names, path, lazy] of texts.get(file)!.matchAll(pattern)) {
    const everyNameIsType = names?.includes("{") && !/[{,]\s*(?!type\b)[\w*]/.test(names);
    found.push({ from: file, to: (path ?? lazy)!, typeOnly: Boolean(type) || Boolean(everyNameIsType) });
  }
  return found;
}

const imports = files.flatMap(importsOf);
const room = (file: string) => file.split("/")[0]!;
const target = (i: Import) => relative(src, resolve(src, dirname(i.from), i.to)).replaceAll("\\", "/");
const local = imports.filter((i) => i.to.startsWith("."));

describe("the house", () => {
  it("has only the rooms of the plan", () => {
    for (const file of files) expect(Object.keys(MAY_IMPORT), file).toContain(room(file));
  });

  it("imports follow the arrow", () => {
    const wrong = local
      .filter((i) => room(target(i)) !== room(i.from))
      .filter((i) => !MAY_IMPORT[room(i.from)]!.includes(room(target(i))))
      .filter((i) => !(i.typeOnly && MAY_IMPORT_TYPES[room(i.from)]?.includes(room(target(i)))))
      .map((i) => `${i.from} -> ${i.to}`);
    expect(wrong).toEqual([]);
  });

  it("has no cycles of imports that run", () => {
    const edges = new Map<string, string[]>();
    for (const i of local.filter((j) => !j.typeOnly)) {
      edges.set(i.from, [...(edges.get(i.from) ?? []), target(i)]);
    }
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      expect(path, `${[...path, file].join(" -> ")}`).not.toContain(file);
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
  });

  it("meets the operating system only in data/node-*, engine and app", () => {
    const wrong = imports
      .filter((i) => i.to.startsWith("node:"))
      .filter((i) => !/^(data\/node-|engine\/|stores\/|app\/)/.test(i.from))
      .map((i) => `${i.from} -> ${i.to}`);
    expect(wrong).toEqual([]);
  });

  it("takes randomness and the clock as arguments, and prints only in app", () => {
    for (const file of files.filter((name) => room(name) !== "app")) {
      const text = code(texts.get(file)!);
      expect(text, file).not.toMatch(/Math\.random|Date\.now|performance\.now|new Date\(\)/);
      expect(text, file).not.toMatch(/\bconsole\.|process\.(stdout|stderr|exit)/);
    }
  });

  it("loads native libraries, and those that draw, only when a job needs them", () => {
    const native = /^(onnxruntime-|@duckdb\/|sharp$|apache-arrow|@observablehq\/|linkedom$)/;
    const eager = imports
      .filter((i) => native.test(i.to) && !i.typeOnly)
      .filter((i) => !texts.get(i.from)!.includes(`import("${i.to}")`));
    expect(eager.map((i) => `${i.from} -> ${i.to}`)).toEqual([]);
  });

  it("keeps files under 400 lines", () => {
    for (const [file, text] of texts) expect(text.split("\n").length, file).toBeLessThan(400);
  });

  it("notices a wrong import (control)", () => {
    const wrong: Import = { from: "base/matrix.ts", to: "../measure/audit.ts", typeOnly: false };
    expect(MAY_IMPORT[room(wrong.from)]).not.toContain(room(target(wrong)));
  });
});
