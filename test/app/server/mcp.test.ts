import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openSessions } from "../../../src/app/server/mcp-http.ts";
import type { RunState } from "../../../src/app/server/runs.ts";
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

describe.each(doors)("an agent over %s", (door, transport) => {
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
    // Nobody can ask a tool for a page, or give it lines.
    expect(audit.inputSchema.properties).not.toHaveProperty("imageShape");
    expect(tools.find(({ name }) => name === "anomalies")!.inputSchema.properties).not.toHaveProperty(
      "stream",
    );
    expect(JSON.stringify(tools).length).toBeLessThan(1_000_000);
    for (const { name, outputSchema } of tools) expect(outputSchema, name).toMatchObject({ type: "object" });
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

  // Over HTTP it is asked in mcp-tools.test.ts.
  if (door === "stdio")
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

describe("an agent over HTTP that does not wait", () => {
  let own: Served;
  const open: Client[] = [];
  beforeAll(async () => {
    own = await served();
  });
  afterAll(async () => {
    for (const client of open) await client.close();
    await own.close();
  });

  const connected = async () => {
    const client = new Client({ name: "test", version: "1" });
    const transport = new StreamableHTTPClientTransport(new URL("mcp", own.url));
    await client.connect(transport as Transport);
    open.push(client);
    return { client, transport };
  };
  const long = {
    name: "audit",
    arguments: { original: "digits.npy", latent: ["digits-umap.npy", "digits-pca.npy"] },
  };
  const short = { name: "info", arguments: { file: "digits.npy" } };
  const post = (message: object, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(new URL("mcp", own.url), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      ...(signal && { signal }),
    });
  /** The latest run, once it is in that state. */
  const latest = (state: RunState) =>
    vi.waitFor(
      () => {
        const run = own.runs.list().at(-1);
        expect(run).toMatchObject({ job: "audit", state });
        return run!;
      },
      { timeout: 30_000, interval: 20 },
    );

  test("that cancels a call ends its run; another agent's call, of the same number, goes on", async () => {
    const [one, other] = [await connected(), await connected()];
    const controller = new AbortController();
    const cancelled = one.client.callTool(long, undefined, { signal: controller.signal });
    await latest("running");
    const kept = other.client.callTool(short);
    controller.abort();
    await expect(cancelled).rejects.toThrow(/abort/i);
    expect((await kept).isError).toBeFalsy();
    expect(own.runs.list().map(({ job, state }) => [job, state])).toEqual([
      ["audit", "cancelled"],
      ["info", "done"],
    ]);
    expect((await one.client.callTool(short)).isError).toBeFalsy();
  });

  test("that leaves ends its run", async () => {
    const { client } = await connected();
    const left = client.callTool(long).catch(() => "gone");
    await latest("running");
    await client.close();
    expect(await left).toBe("gone");
    await latest("cancelled");
  });

  test("that ends its session ends its runs; the session is gone then", async () => {
    const { client, transport } = await connected();
    const sessionId = transport.sessionId!;
    const call = client.callTool(long, undefined, { timeout: 5000 }).catch(() => "gone");
    await latest("running");
    await transport.terminateSession();
    await latest("cancelled");
    const answer = await post({ id: 1, method: "tools/list" }, { "mcp-session-id": sessionId });
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("Session not found")]);
    await client.close();
    expect(await call).toBe("gone");
  });

  test("without a session is answered, and its run ends where it leaves", async () => {
    const listed = await post({ id: 1, method: "tools/list" });
    expect([listed.status, listed.headers.get("mcp-session-id")]).toEqual([200, null]);
    expect(await listed.text()).toContain("worst_points");
    const controller = new AbortController();
    const answer = await post({ id: 1, method: "tools/call", params: long }, {}, controller.signal);
    await latest("running");
    // Another client's cancel of a call with this number.
    const cancel = { method: "notifications/cancelled", params: { requestId: 1 } };
    expect((await post(cancel)).status).toBe(202);
    const { transport } = await connected();
    expect((await post(cancel, { "mcp-session-id": transport.sessionId! })).status).toBe(202);
    expect((await latest("running")).state).toBe("running");
    controller.abort();
    await expect(answer.text()).rejects.toThrow();
    await latest("cancelled");
  });

  test("of another site is refused, with a session too", async () => {
    const { transport } = await connected();
    const headers = { "mcp-session-id": transport.sessionId!, origin: "http://elsewhere.example" };
    expect((await post({ id: 1, method: "tools/list" }, headers)).status).toBe(403);
  });
});

describe("sessions", () => {
  const exchange = () => {
    const seen = { closed: 0 };
    return { ids: [1], cancel: () => {}, close: () => seen.closed++, seen };
  };

  test("are so many at most: the one that is idle for longest goes", () => {
    const sessions = openSessions({ most: 3 });
    const [first, second, third] = [sessions.begin()!, sessions.begin()!, sessions.begin()!];
    const busy = exchange();
    first.open.add(busy);
    expect(sessions.get(second.id)).toBe(second);
    const fourth = sessions.begin()!;
    expect([first, second, third, fourth].map(({ id }) => sessions.get(id) !== undefined)).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(busy.seen.closed).toBe(0);
    for (const session of [second, fourth]) session.open.add(exchange());
    expect(sessions.begin()).toBeNull();
    sessions.left(first, busy);
    expect(sessions.begin()).not.toBeNull();
    expect(sessions.get(first.id)).toBeUndefined();
  });

  test("end when nobody uses them, and with all that is open in them when they are ended", () => {
    let clock = 0;
    const sessions = openSessions({ idle: 100, now: () => clock });
    const [idle, busy] = [sessions.begin()!, sessions.begin()!];
    const call = exchange();
    busy.open.add(call);
    clock = 90;
    expect(sessions.get(idle.id)).toBe(idle);
    clock = 180;
    expect(sessions.get(idle.id)).toBe(idle);
    clock = 300;
    expect(sessions.get(idle.id)).toBeUndefined();
    expect(sessions.get(busy.id)).toBe(busy);
    sessions.end(busy.id);
    expect([call.seen.closed, sessions.get(busy.id)]).toEqual([1, undefined]);
  });
});
