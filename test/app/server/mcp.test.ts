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
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(JOBS.map(({ name }) => name)));
    const audit = tools.find(({ name }) => name === "audit")!;
    expect(audit.inputSchema.required).toEqual(expect.arrayContaining(["latent"]));
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
