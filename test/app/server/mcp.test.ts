import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JOBS } from "../../../src/jobs/index.ts";
import { type Served, served } from "./server.ts";

let server: Served;
beforeAll(async () => {
  server = await served();
});
afterAll(() => server.close());

const main = fileURLToPath(new URL("../../../dist/app/cli/main.js", import.meta.url));

const doors: readonly [string, () => Transport][] = [
  ["HTTP", () => new StreamableHTTPClientTransport(new URL("mcp", server.url)) as Transport],
  [
    "stdio",
    () => new StdioClientTransport({ command: process.execPath, args: [main, "mcp", server.folder] }),
  ],
];

describe.each(doors)("an agent over %s", (_, transport) => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ name: "test", version: "1" });
    await client.connect(transport());
  });
  afterAll(() => client.close());

  test("sees every job as a tool", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...JOBS.map(({ name }) => name),
        "worst_points",
        "why_far",
        "suggest_dimension",
      ]),
    );
    const audit = tools.find(({ name }) => name === "audit")!;
    const drift = tools.find(({ name }) => name === "drift")!;
    expect(drift.inputSchema.required).toEqual(
      Object.keys(JOBS.find(({ name }) => name === "drift")!.inputs),
    );
    expect(audit.inputSchema.properties).toHaveProperty("nNeighbors");
  });

  test("calls one: a report to read, numbers to reckon with, progress meanwhile", async () => {
    const heard: number[] = [];
    const answer = await client.callTool(
      {
        name: "audit",
        arguments: { original: "digits.npy", latent: ["digits-umap.npy"], rows: "0:300", threads: 2 },
      },
      undefined,
      { onprogress: ({ progress }) => heard.push(progress) },
    );
    expect(answer.isError).toBeFalsy();
    expect((answer.content as { text: string }[])[0]!.text).toContain("trustworthiness");
    const { scores } = answer.structuredContent as { scores: { trustworthiness: { value: number } } };
    expect(scores.trustworthiness.value).toBeGreaterThan(0.9);
    expect(heard.length).toBeGreaterThan(0);
  });

  const ask = async (name: string, args: Record<string, unknown>) => {
    const answer = await client.callTool({ name, arguments: args });
    const [{ text }] = answer.content as [{ text: string }];
    expect(answer.isError, text).toBeFalsy();
    return { text, data: answer.structuredContent as never };
  };
  const pair = { original: "digits.npy", latent: "digits-umap.npy" };

  test("asks for the worst points, by an audit", async () => {
    const { text, data } = await ask("worst_points", { ...pair, labels: "digits-labels.npy", count: 3 });
    const { points, shrunk } = data as {
      points: { row: number; recall: number }[];
      shrunk: { stretch: number }[];
    };
    expect([points.length, shrunk.length]).toEqual([3, 3]);
    expect(points[0]!.recall).toBeLessThan(0.2);
    expect(shrunk[0]!.stretch).toBeLessThan(1);
    expect(text).toContain(`row ${points[0]!.row}`);
  });

  test("asks why two rows are far apart", async () => {
    const { text, data } = await ask("why_far", { ...pair, a: 12, b: 1362 });
    const story = data as { original: { rankFromA: number }; latent: { rankFromA: number }; verdict: string };
    // As the neighbours of row 12 say: false neighbours are near in the picture alone.
    expect(story.latent.rankFromA).toBe(2);
    expect(story.original.rankFromA).toBeGreaterThan(15);
    expect(["put together", "near in both"]).toContain(story.verdict);
    expect(text).toContain("best single unit");
    const none = await client.callTool({ name: "why_far", arguments: { ...pair, a: 12, b: 1797 } });
    expect((none.content as { text: string }[])[0]!.text).toContain("no row 1797");
  });

  test("asks how many dimensions vectors need", async () => {
    const { text, data } = await ask("suggest_dimension", { data: "digits.npy" });
    const { suggested, steps, intrinsic } = data as {
      suggested: number;
      steps: { dims: number; neighborRecall: { interval: number[] } }[];
      intrinsic: { value: number };
    };
    expect(suggested).toBeGreaterThan(8);
    expect(suggested).toBeLessThan(64);
    expect(steps.find(({ dims }) => dims === suggested)!.neighborRecall.interval[0]).toBeGreaterThanOrEqual(
      0.9,
    );
    expect(steps.at(-1)!.dims).toBe(64);
    expect(intrinsic.value).toBeGreaterThan(4);
    expect(text).toContain(`${suggested} of 64 dimensions`);
    const outside = await client.callTool({ name: "suggest_dimension", arguments: { data: "../x.npy" } });
    expect(outside.isError).toBe(true);
  });

  test("is told what was wrong, and what to do", async () => {
    const wrong = await client.callTool({
      name: "audit",
      arguments: { original: "/etc/passwd", latent: ["x"] },
    });
    expect(wrong.isError).toBe(true);
    expect((wrong.content as { text: string }[])[0]!.text).toMatch(/leads out of .*\n.*below the folder/);
    const missing = await client.callTool({
      name: "audit",
      arguments: { original: "gone.npy", latent: ["digits.npy"] },
    });
    expect((missing.content as { text: string }[])[0]!.text).toContain("missing-file");
    expect((await client.callTool({ name: "nothing", arguments: {} })).isError).toBe(true);
  });
});
