import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, sep } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { IsometerError, rng } from "../../src/base/index.ts";
import {
  emptyManifest,
  fingerprintOfFiles,
  type KeptResult,
  openProject,
  type ProjectManifest,
  type ProjectWriter,
  placesOf,
  readKept,
  resolveInside,
  storedPath,
  writeProject,
} from "../../src/data/index.ts";
import { METRICS } from "../../src/neighbors/metric.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "isometer-project-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DIST = new URL("../../dist/data/node-project.js", import.meta.url).href;
const SUM = `sha256:${"0".repeat(64)}`;
const isWindows = process.platform === "win32";

/** A project with one original and one latent, that are named and not there. */
function manifestOf(change: object = {}): ProjectManifest {
  const space = { file: "x.npy", fingerprint: SUM, version: 1, metric: "euclidean", rows: 3, cols: 2 };
  return {
    ...emptyManifest("words", "0.1.0"),
    originals: [{ name: "x", ...space }],
    latents: [{ name: "z", ...space, of: "x" }],
    ...change,
  } as ProjectManifest;
}

async function made(name: string, manifest = manifestOf()): Promise<string> {
  const path = join(root, name);
  await writeProject(path, (writer) => writer.edit(() => manifest), manifest);
  return path;
}

const kept = (i: number, size = 0): KeptResult => ({
  schema: "isometer/kept/1",
  name: "audit-z",
  job: "audit",
  isometer: "0.1.0",
  inputs: [{ kind: "latents", name: "z", version: 1, fingerprint: SUM }],
  settings: { i },
  result: new Array(size).fill(i),
});

async function refusal(work: Promise<unknown>): Promise<IsometerError> {
  const error = await work.then(
    () => new Error("was accepted"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof IsometerError) return error;
  throw error;
}

describe("the manifest of a project", () => {
  it("comes back as it was written, for a person to read", async () => {
    const path = await made("plain");
    const { manifest } = await openProject(path);
    expect(manifest).toEqual(manifestOf());
    expect(readFileSync(join(path, "isometer.json"), "utf8")).toMatch(
      /^\{\n {2}"schema": "isometer\/project\/1",\n/,
    );
    expect(Object.isFrozen(manifest.latents[0])).toBe(true);
  });

  it("may be written by hand, with less", async () => {
    const path = await made("by-hand");
    writeFileSync(
      join(path, "isometer.json"),
      '\ufeff{"schema": "isometer/project/1", "name": "w", "isometer": "0.1.0"}',
    );
    expect((await openProject(path)).manifest).toEqual(emptyManifest("w", "0.1.0"));
  });

  it("takes the metrics that there are", async () => {
    for (const metric of METRICS) {
      const [x] = manifestOf().originals;
      await made(`metric-${metric}`, manifestOf({ originals: [{ ...x!, metric }] }));
    }
  });

  const [x] = manifestOf().originals;
  const [z] = manifestOf().latents;
  const store = (address: string) => ({ stores: [{ name: "s", address }] });
  it.each<[what: string, change: object, field: string]>([
    ["a field that is not known", { latnets: [] }, 'Unrecognized key: "latnets"'],
    ["a name that is a path", { originals: [{ ...x, name: "../x" }] }, "originals[0].name: "],
    ["a name that is hidden", { originals: [{ ...x, name: ".x" }] }, "originals[0].name: "],
    ["a name that is very long", { originals: [{ ...x, name: "x".repeat(65) }] }, "originals[0].name: "],
    ["a way out", { latents: [{ ...z, file: "../z.npy" }] }, "latents[0].file: "],
    ["a way out within", { latents: [{ ...z, file: "a/../../z.npy" }] }, "latents[0].file: "],
    ["a way out of another system", { latents: [{ ...z, file: "a\\..\\z.npy" }] }, "latents[0].file: "],
    ["a way out in a list", { latents: [{ ...z, file: ["a", ".."] }] }, "latents[0].file"],
    ["a path with an end in it", { latents: [{ ...z, file: "z.npy\0.txt" }] }, "latents[0].file: "],
    ["no path", { latents: [{ ...z, file: "" }] }, "latents[0].file: "],
    ["a file that is a number", { latents: [{ ...z, file: 7 }] }, "latents[0].file: "],
    ["no fingerprint", { latents: [{ ...z, fingerprint: "md5:0" }] }, "latents[0].fingerprint: "],
    ["a metric that is not known", { originals: [{ ...x, metric: "cosin" }] }, "originals[0].metric: "],
    ["rows that are no number", { originals: [{ ...x, rows: "many" }] }, "originals[0].rows: "],
    ["rows below zero", { originals: [{ ...x, rows: -1 }] }, "originals[0].rows: "],
    ["rows beyond counting", { originals: [{ ...x, rows: 1e300 }] }, "originals[0].rows: "],
    [
      "an original that is not there",
      { latents: [{ ...z, of: "y" }] },
      'latents[0].of: there is no original "y"',
    ],
    ["a map that is not there", { latents: [{ ...z, map: "m" }] }, 'latents[0].map: there is no map "m"'],
    ["a name twice", { latents: [z, z] }, 'latents[1].name: "z" is there twice'],
    ["a name twice, but for its case", { latents: [z, { ...z, name: "Z" }] }, "latents[1].name: "],
    ["a result elsewhere", { results: [{ name: "../../etc/passwd", job: "audit" }] }, "results[0].name: "],
    ["a password", store("postgres://me:secret@host/db"), "stores[0].address: "],
    ["a key", store("https://host/db?api_key=1"), "stores[0].address: "],
    ["a list that is none", { maps: {} }, "maps: "],
    ["too many entries", { stores: new Array(10_001).fill({ name: "s", address: "a" }) }, "stores: "],
    ["settings that are none", { audit: { nNeighbors: 0 } }, "audit.nNeighbors: "],
  ])("is refused with %s, and the field is named", async (what, change, field) => {
    const path = await made(what.replaceAll(" ", "-"));
    writeFileSync(join(path, "isometer.json"), JSON.stringify({ ...manifestOf(), ...change }));
    const error = await refusal(openProject(path));
    expect(error).toMatchObject({ code: "bad-value", message: expect.stringContaining(field) });
    // Nor is such a manifest written.
    const other = await made(`written-${what.replaceAll(" ", "-")}`);
    const edit = (writer: ProjectWriter) => writer.edit((now) => ({ ...now, ...change }));
    expect((await refusal(writeProject(other, edit))).code).toBe("bad-value");
    expect((await openProject(other)).manifest).toEqual(manifestOf());
  });

  it.each([
    ["nothing", "", "bad-format"],
    ["half of it", '{"schema": "isometer/proj', "bad-format"],
    ["null", "null", "bad-format"],
    ["a list", "[]", "bad-format"],
    ["depth", "[".repeat(1e6), "bad-format"],
    ["a later schema", '{"schema": "isometer/project/2"}', "bad-format"],
    ["another prototype", JSON.stringify(manifestOf()).replace("{", '{"__proto__": {"a": 1},'), "bad-value"],
    ["bytes without end", " ".repeat(2 ** 22 + 1), "too-large"],
  ])("is refused when it is %s", async (name, text, code) => {
    const path = await made(`text-${name.replaceAll(" ", "-")}`);
    writeFileSync(join(path, "isometer.json"), text);
    expect(await refusal(openProject(path))).toMatchObject({ code });
  });

  it.skipIf(isWindows)("is a regular file: no link, no folder, no pipe", async () => {
    for (const kind of ["link", "folder", "pipe"]) {
      const path = await made(`irregular-${kind}`);
      const file = join(path, "isometer.json");
      rmSync(file);
      if (kind === "link") symlinkSync(join(await made("linked-to"), "isometer.json"), file);
      if (kind === "folder") mkdirSync(file);
      if (kind === "pipe") spawnSync("mkfifo", [file]);
      expect((await refusal(openProject(path))).code).toBe("not-a-file");
    }
  });

  it("is missed where there is none, with the next step", async () => {
    mkdirSync(join(root, "none"));
    const error = await refusal(openProject(join(root, "none")));
    expect(error).toMatchObject({
      code: "missing-file",
      hint: `Make it one: isometer init ${join(root, "none")}`,
    });
    expect((await refusal(writeProject(join(root, "none"), async () => 0))).code).toBe("missing-file");
    expect(readdirSync(join(root, "none"))).toEqual([]);
  });
});

/** A folder with files, and with links that stay in it and that do not. */
async function withLinks(name: string): Promise<{ readonly path: string }> {
  const path = await made(name);
  const outside = join(root, `${name}-outside`);
  for (const folder of [join(path, "a"), join(path, "pictures"), outside]) mkdirSync(folder);
  for (const file of [join(path, "a", "f"), join(path, "pictures", "p.png"), join(outside, "secret")])
    writeFileSync(file, "text");
  symlinkSync(join("a", "f"), join(path, "in"));
  symlinkSync(join(outside, "secret"), join(path, "out"));
  symlinkSync(outside, join(path, "far"));
  symlinkSync(join(path, "nowhere"), join(path, "broken"));
  return { path };
}

describe.skipIf(isWindows)("paths inside of a project", () => {
  it("are true paths of files and folders below it", async () => {
    const project = await withLinks("inside");
    expect(await resolveInside(project, "a/f")).toBe(join(project.path, "a", "f"));
    expect(await resolveInside(project, "in")).toBe(join(project.path, "a", "f"));
    expect(await resolveInside(project, "pictures")).toBe(join(project.path, "pictures"));
  });

  it.each([
    ["../inside/a/f", "bad-value"],
    ["a/../a/f", "bad-value"],
    ["", "bad-value"],
    [".", "bad-value"],
    ["/etc/passwd", "bad-value"],
    ["C:\\secret", "bad-value"],
    ["a\\..\\..\\secret", "bad-value"],
    ["a/f\0", "bad-value"],
    ["out", "bad-value"],
    ["far", "bad-value"],
    ["far/secret", "bad-value"],
    ["broken", "missing-file"],
    ["a/g", "missing-file"],
    ["a/f/g", "missing-file"],
  ])("%j is refused", async (path, code) => {
    const project = { path: join(root, "inside") };
    expect(await refusal(resolveInside(project, path))).toMatchObject({ code });
  });

  it("are no folder with a link in it that leads out, and no pipe", async () => {
    const project = await withLinks("mixed");
    symlinkSync(join(root, "mixed-outside", "secret"), join(project.path, "pictures", "q.png"));
    expect((await refusal(resolveInside(project, "pictures"))).code).toBe("bad-value");
    spawnSync("mkfifo", [join(project.path, "pipe")]);
    expect((await refusal(resolveInside(project, "pipe"))).code).toBe("not-a-file");
  });

  it("law: whatever is asked for, nothing outside is reached", async () => {
    const project = await withLinks("law");
    const part = fc.constantFrom(
      "..",
      ".",
      "",
      "a",
      "f",
      "in",
      "out",
      "far",
      "secret",
      "pictures",
      "\\",
      "law-outside",
    );
    const naive: string[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        const path = parts.join("/");
        const plain = join(project.path, path);
        if (existsSync(plain) && !realpathSync(plain).startsWith(project.path + sep)) naive.push(path);
        const reached = await resolveInside(project, path).catch((error: unknown) => {
          if (error instanceof IsometerError) return null;
          throw error;
        });
        if (reached !== null) expect(reached.startsWith(project.path + sep)).toBe(true);
      }),
      { numRuns: 500, seed: 1 },
    );
    // Control: joining alone reaches what lies outside.
    expect(naive.length).toBeGreaterThan(10);
  });

  it("law: a stored path is found again, inside and outside", async () => {
    const path = await made("stored");
    const name = fc.stringMatching(/^[\p{L}\p{N} ,=_-]{1,12}$/u);
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (parts, isInside) => {
          const file = join(isInside ? path : `${path}-other`, ...parts);
          mkdirSync(join(file, ".."), { recursive: true });
          if (!existsSync(file)) writeFileSync(file, "");
          const stored = await storedPath({ path }, file);
          expect(stored).toBe(isInside ? parts.join("/") : file);
          expect(await placesOf({ path }, { file: stored })).toEqual([file]);
        },
      ),
      { numRuns: 50, seed: 1 },
    );
  });
});

it.skipIf(isWindows)(
  "a link that leads out of the folder is stored as the place where it leads",
  async () => {
    const { path } = await withLinks("leading");
    expect(await storedPath({ path }, join(path, "out"))).toBe(join(`${path}-outside`, "secret"));
    expect(await storedPath({ path }, join(path, "in"))).toBe("in");
    const linked = `${path}-linked`;
    symlinkSync(path, linked);
    expect(await storedPath({ path: linked }, join(linked, "a", "f"))).toBe("a/f");
    expect(await storedPath({ path: linked }, join(path, "a", "f"))).toBe("a/f");
  },
);

describe("fingerprints", () => {
  const sha = (bytes: string) => createHash("sha256").update(bytes).digest("hex");
  const file = (name: string, text: string) => {
    const path = join(root, name);
    writeFileSync(path, text);
    return path;
  };

  it("of one file are those of sha256sum; of several and of folders they tell order and names", async () => {
    const a = file("sum-a", "one");
    const b = file("sum-b", "two");
    expect(await fingerprintOfFiles([a])).toBe(`sha256:${sha("one")}`);
    const both = await fingerprintOfFiles([a, b]);
    expect(both).toBe(`sha256:${sha(`${sha("one")}\n${sha("two")}`)}`);
    expect(await fingerprintOfFiles([b, a])).not.toBe(both);
    const folder = join(root, "sums");
    mkdirSync(folder);
    file(join("sums", "1.png"), "one");
    const before = await fingerprintOfFiles([folder]);
    file(join("sums", ".hidden"), "three");
    expect(await fingerprintOfFiles([folder])).toBe(before);
    file(join("sums", "2.png"), "one");
    expect(await fingerprintOfFiles([folder])).not.toBe(before);
  });

  it("are not made of what is not there, and stop when asked", async () => {
    expect((await refusal(fingerprintOfFiles([join(root, "nothing")]))).code).toBe("missing-file");
    const path = file("sum-stop", "text");
    expect((await refusal(fingerprintOfFiles([path], AbortSignal.abort()))).code).toBe("aborted");
  });
});

describe("results that a project keeps", () => {
  it("come back, are named once, and are replaced whole", async () => {
    const path = await made("kept");
    for (const i of [1, 2]) await writeProject(path, (writer) => writer.keep(kept(i, 3)));
    const project = await openProject(path);
    expect(project.manifest.results).toEqual([{ name: "audit-z", job: "audit" }]);
    expect(await readKept(project, "audit-z")).toEqual(kept(2, 3));
    rmSync(join(path, "results", "audit-z.json"));
    expect(await readKept(project, "audit-z")).toBeNull();
  });

  it("are refused when they are none", async () => {
    const path = await made("kept-hostile");
    await writeProject(path, (writer) => writer.keep(kept(1)));
    const project = await openProject(path);
    const file = join(path, "results", "audit-z.json");
    writeFileSync(file, "{");
    expect((await refusal(readKept(project, "audit-z"))).code).toBe("bad-format");
    writeFileSync(file, JSON.stringify({ ...kept(1), inputs: [{ kind: "others" }] }));
    expect((await refusal(readKept(project, "audit-z"))).message).toContain("inputs[0].kind");
  });

  it.skipIf(isWindows)("are neither read nor written through a link", async () => {
    const path = await made("kept-linked");
    const elsewhere = await made("kept-elsewhere");
    await writeProject(elsewhere, (writer) => writer.keep(kept(1)));
    symlinkSync(join(elsewhere, "results"), join(path, "results"));
    expect((await refusal(readKept(await openProject(path), "audit-z"))).code).toBe("not-a-file");
    expect((await refusal(writeProject(path, (writer) => writer.keep(kept(2))))).code).toBe("not-a-file");
    expect(await readKept(await openProject(elsewhere), "audit-z")).toEqual(kept(1));
  });
});

/** A lock as another process would have left it. */
const lockOf = (path: string, holder: unknown) =>
  writeFileSync(join(path, "isometer.lock"), typeof holder === "string" ? holder : JSON.stringify(holder));

/** The file of whoever takes over what this holder left. */
const takeoverOf = (path: string, holder: unknown) => {
  const digest = createHash("sha256").update(JSON.stringify(holder)).digest("hex").slice(0, 32);
  return join(path, `isometer.lock.takeover-${digest}`);
};

/** The number of a process that has ended. */
const gone = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("one writer at a time", () => {
  it("refuses the second with who writes; readers go on", async () => {
    const path = await made("two");
    await writeProject(path, async () => {
      const error = await refusal(writeProject(path, async () => 0));
      expect(error).toMatchObject({
        code: "store-locked",
        message: `${path} is being written to by process ${process.pid} on ${hostname()}`,
        hint: expect.stringContaining(`remove ${join(path, "isometer.lock")}`),
      });
      expect((await openProject(path)).manifest.name).toBe("words");
    });
    await writeProject(path, async () => 0);
    expect(readdirSync(path)).toEqual(["isometer.json"]);
  });

  it("lets go after an error", async () => {
    const path = await made("error");
    const work = async () => {
      throw new Error("broken");
    };
    await expect(writeProject(path, work)).rejects.toThrow("broken");
    await writeProject(path, async () => 0);
  });

  it("leaves no folder behind that was made for nothing", async () => {
    const path = join(root, "for", "nothing");
    const work = async () => {
      throw new Error("broken");
    };
    await expect(writeProject(path, work, manifestOf())).rejects.toThrow("broken");
    expect(existsSync(path)).toBe(false);
  });

  it("takes over from a process that is gone, and from no other", async () => {
    const path = await made("stale");
    const token = "0";
    lockOf(path, { pid: gone(), host: hostname(), token });
    await writeProject(path, async () => 0);
    for (const holder of [
      { pid: process.ppid, host: hostname(), token },
      { pid: gone(), host: "elsewhere", token },
      { pid: "1", host: hostname() },
      { pid: -1, host: hostname() },
      null,
      "",
      "half of it",
    ]) {
      lockOf(path, holder);
      expect((await refusal(writeProject(path, async () => 0))).code).toBe("store-locked");
    }
  });

  it("lets one in when many take over at once", async () => {
    const path = await made("many");
    const pid = gone();
    for (let turn = 0; turn < 60; turn++) {
      const left = { pid, host: hostname(), token: `${turn}` };
      lockOf(path, left);
      // One of those that took over before was killed doing so.
      if (turn % 3 === 0) writeFileSync(takeoverOf(path, left), JSON.stringify({ pid, host: hostname() }));
      let inside = 0;
      const work = async (writer: ProjectWriter) => {
        expect(++inside).toBe(1);
        await writer.edit((now) => ({ ...now, name: `${Number(now.name) + 1 || 1}` }));
        inside--;
        return 1;
      };
      const before = Number((await openProject(path)).manifest.name) || 0;
      const all = await Promise.all(
        Array.from({ length: 8 }, () =>
          writeProject(path, work).catch((error: IsometerError) => {
            expect(error.code).toBe("store-locked");
            return 0;
          }),
        ),
      );
      const done = all.reduce<number>((sum, one) => sum + one, 0);
      expect(done).toBeGreaterThanOrEqual(1);
      expect((await openProject(path)).manifest.name).toBe(`${before + done}`);
      expect(readdirSync(path).filter((name) => name.includes("lock"))).toEqual([]);
    }
  });

  it("writes nothing when another has taken its lock", async () => {
    const path = await made("taken");
    const work = (writer: ProjectWriter) => {
      lockOf(path, { pid: process.ppid, host: hostname(), token: "other" });
      return writer.edit((now) => ({ ...now, name: "lost" }));
    };
    expect((await refusal(writeProject(path, work))).code).toBe("store-locked");
    expect((await openProject(path)).manifest.name).toBe("words");
    expect(existsSync(join(path, "isometer.lock"))).toBe(true);
  });
});

/** Runs a script that prints a line when it begins, kills it some milliseconds later, and waits for its end. */
async function killed(script: string, name: string, milliseconds: number): Promise<void> {
  const file = join(root, `${name}.mjs`);
  writeFileSync(file, script);
  const child: ChildProcess = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve) => child.stdout!.once("data", () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  child.kill("SIGKILL");
  await new Promise<void>((resolve) => child.once("close", () => resolve()));
}

const STORES = 500;
const filled = (i: number) =>
  Array.from({ length: STORES }, (_, s) => ({ name: `s${s}`, address: `flat:${i}` }));

describe("kill -9", () => {
  it("leaves the last good state, at whatever moment, and the next writer goes on", async () => {
    const path = await made("killed", manifestOf({ stores: filled(0) }));
    const script = `
      import { writeProject } from ${JSON.stringify(DIST)};
      const inputs = [], schema = "isometer/kept/1", isometer = "0.1.0";
      await writeProject(${JSON.stringify(path)}, async (writer) => {
        for (let i = 1; ; i++) {
          await writer.edit((now) => ({ ...now, name: "n" + i, stores: now.stores.map((s) => ({ ...s, address: "flat:" + i })) }));
          await writer.keep({ schema, name: "r" + (i % 3), job: "audit", isometer, inputs, settings: { i }, result: new Array(2e4).fill(i) });
          if (i === 1) process.stdout.write("begun\\n");
        }
      });`;
    const random = rng(7).split("moments");
    const seen = new Set<string>();
    for (let turn = 0; turn < 10; turn++) {
      await killed(script, "writer", 30 * random.uniform());
      const project = await openProject(path);
      const { name, stores, results } = project.manifest;
      seen.add(name);
      expect(stores).toEqual(filled(Number(name.slice(1))));
      for (const entry of results) {
        const result = await readKept(project, entry.name);
        expect(result!.result).toEqual(new Array(2e4).fill(result!.settings.i));
      }
      await writeProject(path, async () => 0);
      expect(readdirSync(path).sort()).toEqual(["isometer.json", "results"]);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it.skipIf(isWindows)("and no room left leave it too, and the error says what to do", async () => {
    const path = await made("full");
    const script = join(root, "full.mjs");
    writeFileSync(
      script,
      `import { writeProject } from ${JSON.stringify(DIST)};
      const stores = Array.from({ length: 2000 }, (_, s) => ({ name: "s" + s, address: "flat:" + s }));
      await writeProject(${JSON.stringify(path)}, (writer) => writer.edit((now) => ({ ...now, name: "large", stores })))
        .catch(({ code, hint }) => process.stdout.write(JSON.stringify({ code, hint })));`,
    );
    // Blocks of 1 kB: no file may grow beyond 20 kB.
    const command = `trap '' XFSZ; ulimit -f 20; exec "${process.execPath}" "${script}"`;
    const { stdout } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toEqual({
      code: "bad-option",
      hint: "Nothing that was kept is lost. Free some space and run the command again.",
    });
    expect((await openProject(path)).manifest).toEqual(manifestOf());
    expect(readdirSync(path)).toEqual(["isometer.json"]);
  });

  it("tears what is written in place (control)", async () => {
    const file = join(root, "in-place.json");
    const script = `
      import { writeFileSync } from "node:fs";
      const text = JSON.stringify(new Array(2e6).fill("text"));
      process.stdout.write("begun\\n");
      for (;;) writeFileSync(${JSON.stringify(file)}, text);`;
    let torn = 0;
    for (let turn = 0; turn < 8 && torn === 0; turn++) {
      await killed(script, "in-place", 20 + 11 * turn);
      try {
        JSON.parse(readFileSync(file, "utf8"));
      } catch {
        torn++;
      }
    }
    expect(torn).toBe(1);
  });
});
