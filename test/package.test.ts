import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditSchema } from "../src/jobs/schema.ts";

/*
 * What people get: the packed tarball, installed by the two npm versions in use. `npm test` builds dist/ first. The
 * second half needs the npm registry: without it these tests fail, they are not skipped.
 */

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const manifest: {
  version: string;
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
} = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

/** The environment of a person at a shell: npm puts its own settings into that of its children, and we are one. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|isometer_|node_env|vitest|init_cwd)/i.test(name)),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isometer-package-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NODE = process.execPath;
/** As an address: what `import` takes on every system. */
const LIBRARY = new URL("../dist/index.js", import.meta.url).href;
const MAIN = join(ROOT, "dist/app/cli/main.js");
/** Runs a module from a file of its own. */
function runModule(script: string): SpawnSyncReturns<string> {
  const file = join(folder, "script.mjs");
  writeFileSync(file, script);
  return node(file);
}
const node = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(NODE, args, { encoding: "utf8", cwd: folder, env });

describe("the tarball", () => {
  const files = (): string[] => {
    const packed = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      encoding: "utf8",
      cwd: ROOT,
      env,
    });
    const [{ files: listed }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
    return listed.map(({ path }) => path);
  };

  test("holds what runs, the example and the papers, and nothing else", () => {
    const listed = files();
    for (const file of [
      "dist/index.js",
      "dist/index.d.ts",
      "dist/app/cli/main.js",
      "dist/app/server/client.js",
      "dist/app/web/index.html",
      "dist/engine/worker.js",
      "dist/neighbors/scan.wasm",
      "dist/neighbors/exact.kernel.js",
      "dist/measure/sweep.kernel.js",
      "examples/digits.npy",
      "examples/digits-decoder.onnx",
      "examples/digits-encoder.onnx",
      "examples/digits-labels.npy",
      "examples/digits-latent.npy",
      "examples/digits-pca.npy",
      "examples/digits-tsne.npy",
      "examples/digits-umap.npy",
      "package.json",
      "README.md",
      "CHANGELOG.md",
      "LICENSE",
      "NOTICE",
    ]) {
      expect(listed).toContain(file);
    }
    const stray = listed.filter(
      (path) =>
        !/^(dist\/.*\.(js|d\.ts|wasm)|dist\/app\/web\/(index\.html|assets\/[\w-]+\.css)|examples\/([\w-]+\.(npy|onnx)|README\.md)|[A-Z]+(\.md)?|package\.json)$/.test(
          path,
        ),
    );
    expect(stray).toEqual([]);
  });

  test("needs at run time only what its manifest asks for", () => {
    const named = new Set<string>();
    for (const path of files().filter((name) => name.endsWith(".js"))) {
      const text = readFileSync(join(ROOT, path), "utf8");
      for (const [, bare] of text.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([@\w][\w@/.:-]*)"/gm))
        named.add(bare!);
    }
    const packages = [...named]
      .filter((name) => !name.startsWith("node:"))
      .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]);
    expect([...new Set(packages)].sort()).toEqual(
      [
        ...Object.keys(manifest.dependencies),
        ...Object.keys(manifest.peerDependencies),
        "onnxruntime-node",
      ].sort(),
    );
  });
});

describe("importing the library", () => {
  test("loads no native module, prints nothing and leaves nothing running", () => {
    const script = `
      const loaded = [];
      const { dlopen } = process;
      process.dlopen = (module, file, ...rest) => { loaded.push(file); return dlopen(module, file, ...rest); };
      const before = process.getActiveResourcesInfo().length;
      const library = await import(${JSON.stringify(LIBRARY)});
      const left = process.getActiveResourcesInfo().length - before;
      const shared = process.report.getReport().sharedObjects.filter((file) => /\\.node$|onnxruntime|duckdb|vips/.test(file));
      process.stdout.write(JSON.stringify({ loaded, shared, left, names: Object.keys(library).sort() }));`;
    const { status, stdout, stderr } = runModule(script);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      loaded: [],
      shared: [],
      left: 0,
      names: [
        "IsometerError",
        "align",
        "alignUnpaired",
        "approximateNeighbors",
        "audit",
        "auditAll",
        "auditStore",
        "benjaminiHochberg",
        "checkStore",
        "clusterAgreement",
        "clusterStability",
        "clustersInOriginal",
        "compareRetrieval",
        "compressionLimits",
        "createFlatStore",
        "createStore",
        "drawQueries",
        "evaluateRankings",
        "explainRow",
        "findAnomalies",
        "fitAls",
        "fitDetector",
        "fitTrust",
        "geometry",
        "hdbscan",
        "interactionsFrom",
        "itemsFromVectors",
        "judgePairs",
        "judgeTriplets",
        "kMeans",
        "matrix",
        "modalityGap",
        "morph",
        "nearestNeighbors",
        "neighborsOf",
        "openAutoencoder",
        "openEncoder",
        "openFlatStore",
        "openLatentScale",
        "openModel",
        "openScorer",
        "openStore",
        "packDetector",
        "rankByDistance",
        "readMatrix",
        "readQrels",
        "readRun",
        "recommend",
        "reduce",
        "scoreRows",
        "tasteOf",
        "trainEncoder",
        "trainRegression",
        "trustOf",
        "unpackDetector",
      ],
    });
  });

  test("an audit does load one (control)", () => {
    const script = `
      const loaded = [];
      const { dlopen } = process;
      process.dlopen = (module, file, ...rest) => { loaded.push(file); return dlopen(module, file, ...rest); };
      const { audit, matrix } = await import(${JSON.stringify(LIBRARY)});
      const points = matrix(Float32Array.from({ length: 40 }, (_, i) => (i * i) % 17), 20, 2);
      await audit(points, points, { nNeighbors: 3, threads: 1 });
      process.stdout.write(String(loaded.length));`;
    expect(Number(runModule(script).stdout)).toBeGreaterThan(0);
  });
});

describe("the command", () => {
  test("--version is the manifest's", () => {
    const { status, stdout } = node(MAIN, "--version");
    expect([status, stdout]).toEqual([0, `${manifest.version}\n`]);
  });

  test.each(["20.19.0", "24"])("runs on Node %s, which the manifest's engines allow", (version) => {
    expect(manifest.engines.node).toBe(">=20.19");
    const script = "process.stdout.write(process.version + '\\n')";
    const other = (...args: string[]) =>
      spawnSync("npx", ["-y", "--prefer-offline", "-p", `node@${version}`, "node", ...args], {
        encoding: "utf8",
        cwd: folder,
        env,
      });
    expect(other("-e", script).stdout).toMatch(new RegExp(`^v${version.replaceAll(".", "\\.")}`));
    const { status, stdout } = other(MAIN, "demo");
    expect([status, stdout.includes("Comparison")]).toEqual([0, true]);
  });
});

/** How a process ended and what it said. */
interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs while other installations run. */
function run(command: string, args: readonly string[], cwd: string, more: object = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (text) => {
      said.stdout += text;
    });
    child.stderr.on("data", (text) => {
      said.stderr += text;
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...said }));
  });
}

describe("installed from the tarball", { timeout: 300_000 }, () => {
  let tarball: string;
  beforeAll(async () => {
    const { status, stderr } = await run(
      "npm",
      ["pack", "--ignore-scripts", "--pack-destination", folder],
      ROOT,
    );
    expect(status, stderr).toBe(0);
    tarball = join(folder, `isometer-${manifest.version}.tgz`);
  });

  async function install(npm: string, name: string, flags: readonly string[], more: object): Promise<string> {
    const home = join(folder, name);
    mkdirSync(home);
    writeFileSync(join(home, "package.json"), '{ "private": true }');
    const args = ["-y", "--prefer-offline", npm, "install", "--prefer-offline", "--engine-strict", ...flags];
    const { status, stderr } = await run("npx", [...args, tarball], home, more);
    expect(status, `${npm} ${args.join(" ")} (is the registry there?)\n${stderr}`).toBe(0);
    return home;
  }

  /** An audit of the example that came along: the report on stdout, and the result in a file. */
  async function auditExample(
    home: string,
  ): Promise<Ended & { result: ReturnType<typeof auditSchema.parse> }> {
    const files = ["digits", "digits-pca"].map((name) => `node_modules/isometer/examples/${name}.npy`);
    const plain = ["--baseline", "none", "--achievable", "none"];
    const args = ["--no", "isometer", "audit", ...files, ...plain, "--json", "out.json"];
    const ended = await run("npx", args, home);
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stdout).toContain("Neighbourhoods");
    return { ...ended, result: auditSchema.parse(JSON.parse(readFileSync(join(home, "out.json"), "utf8"))) };
  }

  /** What our command said on stderr, without npm's own remarks. */
  const remarks = (stderr: string) =>
    stderr.replace(/^npm .*\n/gm, "").replace("isometer: wrote out.json\n", "");

  test.concurrent.each(["npm@10", "npm@11"])("%s without scripts: native engine", async (npm) => {
    const home = await install(npm, `${npm}-no-scripts`, ["--ignore-scripts"], {});
    const { stdout, stderr, result } = await auditExample(home);
    expect(remarks(stderr)).toBe("");
    expect(stdout).toContain("onnxruntime-node");
    expect(result.engine.name).toBe("onnxruntime-node");
    expect(result.warnings.map(({ code }) => code)).toEqual(["constant-columns"]);
    expect(result.scores.stress!.value).toBeCloseTo(0.36807, 4);
    rmSync(home, { recursive: true });
  });

  /* A flag that its script refuses: it fails as it does without a network, and npm drops the optional package. */
  test.concurrent.each(["npm@10", "npm@11"])(
    "%s when the engine's script fails: WebAssembly, said once",
    async (npm) => {
      const home = await install(npm, `${npm}-broken`, [], { ONNXRUNTIME_NODE_INSTALL: "broken-on-purpose" });
      const { stdout, stderr, result } = await auditExample(home);
      expect(remarks(stderr)).toMatch(/^isometer: warning: [^\n]*onnxruntime-web[^\n]*\n$/);
      expect(stdout).toContain("onnxruntime-web");
      expect(result.engine.name).toBe("onnxruntime-web");
      expect(result.warnings.map(({ code }) => code)).toEqual(["constant-columns", "engine-fallback"]);
      // The numbers of native code.
      expect(result.scores.stress!.value).toBeCloseTo(0.36807, 4);
      expect(result.scores.trustworthiness!.value).toBeCloseTo(0.8288283512, 9);
      rmSync(home, { recursive: true });
    },
  );
});
