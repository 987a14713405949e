import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CallToolResult, Progress, Tool } from "@modelcontextprotocol/sdk/types.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JOBS } from "../../../src/jobs/index.ts";
import { resultJsonSchema } from "../../../src/jobs/schema.ts";
import { prepare, type ToolCall } from "./mcp-call.ts";
import { CALLS } from "./mcp-calls.ts";
import { type Served, served } from "./server.ts";

let server: Served;
let client: Client;
let tools: readonly Tool[];

beforeAll(async () => {
  server = await served();
  prepare(server.folder);
  client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL("mcp", server.url)) as Transport);
  ({ tools } = await client.listTools());
});
afterAll(async () => {
  await client.close();
  await server.close();
});

// Without the optimiser: it takes longer than the few checks that each schema is made for.
const ajv = new Ajv2020({ strict: true, allErrors: true, code: { optimize: false } });
const problems = (schema: object, data: unknown) => {
  const valid = ajv.compile(schema);
  return valid(data) ? [] : valid.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
};
const toolNamed = (name: string) => tools.find((tool) => tool.name === name)!;
const textOf = ({ content }: CallToolResult) =>
  (content as { text: string }[]).map(({ text }) => text).join();

/** Milliseconds that a call may take on a busy machine; the client's own limit is half of it. */
const PATIENCE = 120_000;

/** The answer, and the progress until then. */
async function ask(name: string, args: Readonly<Record<string, unknown>>) {
  const heard: Progress[] = [];
  const options = { onprogress: (now: Progress) => heard.push(now), timeout: PATIENCE };
  const answer = (await client.callTool({ name, arguments: args }, undefined, options)) as CallToolResult;
  return { answer, heard };
}

async function expectRefused(name: string, args: Readonly<Record<string, unknown>>, why: RegExp) {
  const { answer } = await ask(name, args);
  expect([answer.isError, textOf(answer)]).toEqual([true, expect.stringMatching(why)]);
}

test("every tool that is listed has a call here, and no other", () => {
  expect(Object.keys(CALLS).sort()).toEqual(tools.map(({ name }) => name).sort());
});

describe.each(Object.entries(CALLS))(
  "the tool %s",
  (name, { args, says, check, writes, place }: ToolCall) => {
    test("has a JSON Schema of its arguments, which knows right from wrong", () => {
      const { inputSchema, description } = toolNamed(name);
      expect(ajv.validateSchema(inputSchema), ajv.errorsText()).toBe(true);
      expect(problems(inputSchema, args)).toEqual([]);
      expect(problems(inputSchema, { ...args, colour: 1 })).toHaveLength(1);
      expect(description!.length).toBeGreaterThan(40);
    });

    test("answers, and what it says is true", async () => {
      const { answer, heard } = await ask(name, args);
      expect(answer.isError, textOf(answer)).toBeFalsy();
      expect(textOf(answer)).toMatch(says);
      const data = answer.structuredContent!;
      const job = JOBS.find((known) => known.name === name);
      if (job) {
        expect(data.schema).toBe(`isometer/${name}/1`);
        expect(problems(resultJsonSchema(name)!, data)).toEqual([]);
        const risen = heard.filter(({ progress }, i) => i === 0 || progress > heard[i - 1]!.progress);
        expect([heard.length > 0, risen.length]).toEqual([true, heard.length]);
      }
      await check(data, server.folder);
      for (const file of writes) expect(existsSync(join(server.folder, file)), file).toBe(true);
    });

    test("refuses an argument that it does not know", () =>
      expectRefused(name, { ...args, colour: 1 }, /colour/));

    const [input] = Object.keys(JOBS.find((job) => job.name === name)?.inputs ?? {});
    if (input !== undefined) {
      test("names the input that is missing, or is no text", async () => {
        await expectRefused(name, { ...args, [input]: undefined }, new RegExp(`needs ${input}`));
        await expectRefused(name, { ...args, [input]: 5 }, new RegExp(`${input} needs .*got 5`));
      });
    }

    if (place === null) return;
    test("refuses a place outside of the folder", async () => {
      const outside = "../outside.npy";
      const given = Array.isArray(args[place]) ? [outside] : outside;
      await expectRefused(name, { ...args, [place]: given }, /leads out of/);
      expect(existsSync(join(server.folder, outside))).toBe(false);
    });
  },
);

test("two latents without an original are no original and its latent", () =>
  expectRefused("audit", { latent: ["digits.npy", "digits-umap.npy"] }, /audit needs original/));

test("an original is refused where an option stands for it", () =>
  expectRefused(
    "audit",
    { original: "digits.npy", latent: ["digits-umap.npy"], pairs: "qrels.trec" },
    /original is left out where pairs is given/,
  ));
