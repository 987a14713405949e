import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/* Every command and every example of README.md runs, in a folder of its own, in the order in which they stand. */

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MAIN = join(ROOT, "dist/app/cli/main.js");
const text = readFileSync(join(ROOT, "README.md"), "utf8");

/** Commands that install or that run these very tests: test/package.test.ts and .ci/run do what they say. */
const ELSEWHERE = [
  "npm ci && npm run demo",
  "npm ci && npm test",
  "npm pack",
  "npm install ./isometer-0.1.0.tgz",
];

const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, body]) => ({
  language: language!,
  body: body!,
}));
const bodies = (language: string) => blocks.filter((block) => block.language === language).map((b) => b.body);
const commands = bodies("sh").flatMap((body) => body.trim().split("\n"));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isometer-readme-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/isometer"), "dir");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[]) {
  return spawnSync(command, args, { encoding: "utf8", cwd: folder });
}

describe("README.md", () => {
  test("has blocks of known languages only", () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(["sh", "ts", "text"]));
  });

  test("every exemption stands in it", () => {
    for (const command of ELSEWHERE) expect(commands).toContain(command);
  });

  test.each(commands.filter((command) => !ELSEWHERE.includes(command)))("%s", (command) => {
    const [program, ...args] = command.split(" ");
    expect(program).toBe("isometer");
    const { status, stdout, stderr } = run(process.execPath, [MAIN, ...args]);
    expect(status, stderr).toBe(0);
    expect(stdout).not.toBe("");
  });

  test.each(bodies("ts"))("example %#: types and runs", (body) => {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "example.ts"), body);
    const compiler = {
      module: "nodenext",
      target: "es2022",
      strict: true,
      skipLibCheck: true,
      outDir: "out",
    };
    const types = { types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")] };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compiler, ...types }, files: ["example.ts"] }),
    );
    const compiled = run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."]);
    expect([compiled.status, compiled.stdout]).toEqual([0, ""]);
    const { status, stdout, stderr } = run(process.execPath, ["out/example.js"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^0\.\d+ \[/);
  });

  test("shows lines that the demo prints, in their order", () => {
    const printed = run(process.execPath, [MAIN, "demo"]).stdout.split("\n");
    let from = 0;
    for (const line of bodies("text").join("").split("\n")) {
      const at = printed.indexOf(line, from);
      expect(at, line).toBeGreaterThanOrEqual(0);
      from = line === "" ? from : at + 1;
    }
  });

  test("links to files that are there", () => {
    for (const [, path] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(() => run("ls", [join(ROOT, path!)]), path).not.toThrow();
      expect(run("ls", [join(ROOT, path!)]).status, path).toBe(0);
    }
  });

  test("names every job that there is", () => {
    const { stdout } = run(process.execPath, [MAIN, "--help"]);
    const jobs = [
      ...stdout
        .split("Jobs:")[1]!
        .split("Examples:")[0]!
        .matchAll(/^ {2}(\w+)/gm),
    ].map(([, n]) => n!);
    expect(jobs.length).toBeGreaterThan(3);
    for (const job of jobs) expect(text).toContain(`\`${job}\``);
  });
});
