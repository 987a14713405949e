import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../../../src/app/cli/run.ts";
import { rangeOf } from "../../../src/app/server/arrays.ts";
import { openClient } from "../../../src/app/server/client.ts";
import type { Run } from "../../../src/app/server/runs.ts";
import { openSource } from "../../../src/data/index.ts";
import { AUDIT_DEFAULTS } from "../../../src/jobs/audit-options.ts";
import { audit, JOBS } from "../../../src/jobs/index.ts";
import { testHost } from "../host.ts";
import { post, raw, type Served, served } from "./server.ts";

let server: Served;
beforeAll(async () => {
  server = await served();
});
afterAll(() => server.close());

const pair = ["digits.npy", "digits-umap.npy"];
const inputs = { original: "digits.npy", latent: ["digits-umap.npy"] };
const options = { rows: "0:300", threads: 2 };
const client = () => openClient({ url: server.url });
const json = async (path: string) => JSON.parse((await raw(server, path)).text);
const numbers = ({ seconds: _, isometer: __, ...rest }: Record<string, unknown>) => rest;

describe("jobs over HTTP", () => {
  test("give what the command line and the library give", async () => {
    const here = process.cwd();
    const states: string[] = [];
    const result = await client().run("audit", inputs, options, { onRun: ({ state }) => states.push(state) });
    expect(states.at(-1)).toBe("done");
    expect(states).toContain("running");

    const host = testHost();
    const whole = [inputs.original, ...inputs.latent].map((name) => join(server.folder, name));
    expect(
      await runCommandLine(["audit", ...whole, "--rows", "0:300", "--threads", "2", "--json", "-"], host),
    ).toBe(0);
    const typed = JSON.parse(host.written.out);
    const called = await audit.run(
      { watch: {}, clock: () => 0, version: "0.1.0", example: (file) => file, exists: async () => false },
      { original: whole[0]!, latent: [whole[1]!] },
      { ...AUDIT_DEFAULTS, ...options },
    );
    const named = (value: unknown) =>
      JSON.parse(JSON.stringify(numbers(value as never)).replaceAll(`${server.folder}/`, ""));
    expect(named(result)).toEqual(named(typed));
    expect(named(result)).toEqual(named(called));
    expect(process.cwd()).toBe(here);
  });

  test("are queued, followed and kept; other texts come when asked for", async () => {
    const answers = await Promise.all(
      [1, 2].map(() => post(server, "audit", { inputs, options, documents: ["html", "markdown"] })),
    );
    const runs = answers.map(({ text }) => JSON.parse(text) as Run);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[1]!.headers.location).toBe(`/api/runs/${runs[1]!.id}`);
    expect(runs.map(({ state }) => state).sort()).toEqual(["queued", "running"]);
    expect((await raw(server, `/api/runs/${runs[1]!.id}/result`)).text).toContain("has no result");
    const events = await raw(server, `/api/runs/${runs[1]!.id}/events`);
    expect(events.headers["content-type"]).toContain("text/event-stream");
    const last = JSON.parse(events.text.trim().split("\n\n").at(-1)!.split("data:")[1]!) as Run;
    expect(last).toMatchObject({ state: "done", documents: ["html", "markdown"] });
    const page = await raw(server, `/api/runs/${last.id}/documents/html`);
    expect(page.text).toMatch(/^<!doctype html>/i);
    expect(page.headers["content-disposition"]).toContain("attachment");
    expect((await raw(server, `/api/runs/${last.id}/documents/junit`)).status).toBe(404);
    expect((await raw(server, `/api/runs/${last.id}/report`)).text).toContain("trustworthiness");
    expect(((await json("/api/runs")) as Run[]).map(({ id }) => id)).toContain(last.id);
  });

  test("are cancelled, waiting or running", async () => {
    const long = { inputs: { original: "digits.npy", latent: ["digits-umap.npy", "digits-pca.npy"] } };
    const ids = [await post(server, "audit", long), await post(server, "audit", long)].map(
      ({ text }) => (JSON.parse(text) as Run).id,
    );
    for (const id of ids.toReversed()) {
      expect((await raw(server, `/api/runs/${id}`, { method: "DELETE" })).status).toBe(200);
    }
    for (const id of ids) await raw(server, `/api/runs/${id}/events`);
    expect(await Promise.all(ids.map(async (id) => ((await json(`/api/runs/${id}`)) as Run).state))).toEqual([
      "cancelled",
      "cancelled",
    ]);
    const controller = new AbortController();
    const run = client().run(
      "audit",
      long.inputs,
      {},
      { signal: controller.signal, onRun: () => controller.abort() },
    );
    await expect(run).rejects.toMatchObject({ code: "aborted" });
  });

  test.each([
    ["another job", "audit2", {}, 404, /Did you mean audit/],
    ["another option", "audit", { inputs, options: { seeds: 1 } }, 400, /seed/],
    ["another input", "audit", { inputs: { ...inputs, third: "x" } }, 400, /third/],
    ["a missing input", "audit", { inputs: { original: "digits.npy" } }, 400, /audit needs latent/],
    [
      "two latents without their original",
      "audit",
      { inputs: { latent: pair } },
      400,
      /audit needs original/,
    ],
    [
      "a number as an input",
      "audit",
      { inputs: { ...inputs, original: 5 } },
      400,
      /original needs a text, got 5/,
    ],
    [
      "a list where one is meant",
      "audit",
      { inputs: { ...inputs, original: pair } },
      400,
      /original needs a text/,
    ],
    ["an empty list", "audit", { inputs: { ...inputs, latent: [] } }, 400, /latent needs a list of texts/],
    ["a number in a list", "audit", { inputs: { ...inputs, latent: ["a", 1] } }, 400, /latent needs a list/],
    ["no inputs", "audit", {}, 400, /audit needs original/],
    [
      "an input beside what stands for it",
      "audit",
      { inputs, options: { pairs: "p" } },
      400,
      /original is left out/,
    ],
    [
      "lines",
      "anomalies",
      { inputs: { normal: "digits.npy" }, options: { stream: true } },
      400,
      /standard input/,
    ],
    ["a value out of range", "audit", { inputs, options: { nNeighbors: 0 } }, 400, /n-neighbors/],
    ["another text", "audit", { inputs, documents: ["pdf"] }, 400, /pdf/],
    ["another key", "audit", { inputs, extra: 1 }, 400, /extra/],
    ["an array", "audit", [], 400, /request/],
  ])("refuse %s with the next step", async (_, job, body, status, words) => {
    const answer = await post(server, job, body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(words)]);
  });

  test("that fail say what the command line says", async () => {
    await writeFile(join(server.folder, "broken.npy"), "\x93NUMPY\x01\x00");
    const run = client().run("audit", { original: "digits.npy", latent: ["broken.npy"] });
    await expect(run).rejects.toMatchObject({ name: "IsometerError", code: "bad-format" });
    const gone = client().run("audit", { original: "digits.npy", latent: ["gone.npy"] });
    await expect(gone).rejects.toMatchObject({ code: "missing-file" });
  });
});

describe("the table", () => {
  test("is an OpenAPI document that validates", async () => {
    const document = await json("/api/openapi.json");
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect([valid, errors]).toEqual([true, undefined]);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(JOBS.map(({ name }) => `/api/jobs/${name}`)),
    );
    expect(Object.keys(document.paths)).toContain("/api/views/{id}/neighbors");
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]*)"/g)];
    const named = new Set(references.map(([, name]) => name));
    expect(JSON.stringify(document).match(/"\$ref":/g)).toHaveLength(references.length);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...named]));
    expect(JSON.stringify(document).length).toBeLessThan(1_000_000);
    // Control: the validator refuses one that is wrong.
    document.paths["/api/runs"].get.responses["200"].description = 7;
    expect((await new Validator().validate(document)).valid).toBe(false);
  });

  test("is there as data and as a page", async () => {
    const table = await json("/api/jobs");
    expect(table.map(({ name }: { name: string }) => name)).toEqual(JOBS.map(({ name }) => name));
    expect(table[0].options.nNeighbors).toMatchObject({ kind: "integer", min: 1 });
    const anomalies = table.find(({ name }: { name: string }) => name === "anomalies");
    expect(Object.keys(anomalies.options)).toContain("labels");
    expect(anomalies.options).not.toHaveProperty("stream");
    const page = await raw(server, "/reference");
    for (const { name } of JOBS) expect(page.text).toContain(`<section id="${name}"`);
    expect(page.text).not.toContain("<script");
  });
});

describe("arrays", () => {
  test("are those of the file, whole, in part and as Arrow", async () => {
    const source = await openSource(join(server.folder, "digits-umap.npy"));
    const parts: number[] = [];
    for await (const { matrix } of source.blocks()) parts.push(...matrix.data);
    await source.close();
    const whole = await client().array("digits-umap.npy");
    expect([whole.rows, whole.cols, [...whole.data]]).toEqual([1797, 2, parts]);

    const url = `${server.url}api/arrays?path=digits-umap.npy`;
    const some = await fetch(url, { headers: { range: "bytes=5-18" } });
    expect([some.status, some.headers.get("content-range")]).toEqual([206, "bytes 5-18/14376"]);
    expect(Buffer.from(await some.arrayBuffer())).toEqual(Buffer.from(whole.data.buffer).subarray(5, 19));
    const beyond = await fetch(url, { headers: { range: "bytes=14376-" } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */14376"]);

    const arrow = await fetch(url, { headers: { accept: "application/vnd.apache.arrow.stream" } });
    const table = tableFromIPC(new Uint8Array(await arrow.arrayBuffer()));
    expect(table.numRows).toBe(1797);
    expect([...table.getChild("vector")!.get(1796)!]).toEqual(parts.slice(-2));
  });

  test("are not sent again when nothing changed", async () => {
    const url = `${server.url}api/arrays?path=digits.npy`;
    const first = await fetch(url);
    await first.arrayBuffer();
    const etag = first.headers.get("etag")!;
    expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await fetch(url, { headers: { "if-none-match": 'W/"other"' } })).status).toBe(200);
  });

  test.each([
    ["bytes=0-9", { first: 0, last: 9 }],
    ["bytes=90-", { first: 90, last: 99 }],
    ["bytes=-5", { first: 95, last: 99 }],
    ["bytes=-500", { first: 0, last: 99 }],
    ["bytes=0-500", { first: 0, last: 99 }],
    ["bytes=100-", "none"],
    ["bytes=9-3", "none"],
    ["bytes=-0", "none"],
    ["bytes=0-1,3-4", null],
    ["rows=0-1", null],
    [undefined, null],
  ])("range %s of 100 bytes", (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range);
  });

  test("of files that hold none are errors", async () => {
    await writeFile(
      join(server.folder, "noise.arrow"),
      Buffer.from("ARROW1\0\0\xff\xff\xff\xff\x7f\xff\xff\xff", "latin1"),
    );
    const answer = await raw(server, "/api/arrays?path=noise.arrow");
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error.code).toBe("bad-format");
    expect((await raw(server, "/api/arrays")).status).toBe(400);
    const gone = await raw(server, "/api/arrays?path=gone.npy");
    expect(gone.status).toBe(404);
    expect(gone.text).toContain("gone.npy");
    expect(gone.text).not.toContain(server.folder);
  });
});

test("files are listed without hidden ones", async () => {
  await writeFile(join(server.folder, ".secret"), "x");
  const { files, complete } = await json("/api/files");
  const names = files.map(({ path }: { path: string }) => path);
  expect(complete).toBe(true);
  expect(names).toContain("digits.npy");
  expect(names).not.toContain(".secret");
});
