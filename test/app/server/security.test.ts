import { mkdir, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../../../src/app/cli/run.ts";
import { openClient } from "../../../src/app/server/client.ts";
import { startServer } from "../../../src/app/server/listen.ts";
import { testHost } from "../host.ts";
import { post, raw, type Served, served } from "./server.ts";

let server: Served;
beforeAll(async () => {
  server = await served();
  await symlink("/etc", join(server.folder, "way-out"));
  await symlink("/etc/hostname", join(server.folder, "link.npy"));
  await mkdir(join(server.folder, "pictures"));
  await symlink("/etc/hostname", join(server.folder, "pictures/1.png"));
});
afterAll(() => server.close());

const own = () => `127.0.0.1:${server.port}`;

describe("who may ask", () => {
  test.each(["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:5055"])(
    "not for the host %j",
    async (host) => {
      expect((await raw(server, "/api", { headers: { host } })).status).toBe(421);
    },
  );

  test.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])("for the host %s, ours", async (name) => {
    expect((await raw(server, "/api", { headers: { host: `${name}:${server.port}` } })).status).toBe(200);
  });

  test.each(["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])(
    "not a page of %s",
    async (origin) => {
      const body = JSON.stringify({ inputs: {} });
      const headers = { host: own(), origin, "content-type": "application/json" };
      expect((await raw(server, "/api/jobs/demo", { method: "POST", headers, body })).status).toBe(403);
      expect((await raw(server, "/mcp", { method: "POST", headers, body })).status).toBe(403);
    },
  );

  test("a page of ours; not what another site embeds", async () => {
    expect((await raw(server, "/api", { headers: { origin: `http://${own()}` } })).status).toBe(200);
    expect((await raw(server, "/api/files", { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(
      403,
    );
  });

  test("no form of another site: only JSON starts a job", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const headers = { "content-type": type };
      const answer = await raw(server, "/api/jobs/demo", { method: "POST", headers, body: "{}" });
      expect(answer.status).toBe(400);
    }
    expect(server.runs.list()).toEqual([]);
  });

  test("with a token, whoever knows it", async () => {
    const closed = await served({ token: "s3cret/" });
    try {
      expect((await raw(closed, "/api")).status).toBe(401);
      expect((await raw(closed, "/api", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
      expect((await raw(closed, "/api?token=wrong")).status).toBe(401);
      expect((await raw(closed, "/api", { headers: { authorization: "Bearer s3cret/" } })).status).toBe(200);
      const { pathname, search } = new URL(closed.url);
      const opened = await raw(closed, `${pathname}api${search}`);
      const [cookie] = opened.headers["set-cookie"] as string[];
      expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
      expect((await raw(closed, "/api", { headers: { cookie: cookie!.split(";")[0]! } })).status).toBe(200);
      const known = openClient({ url: closed.url, token: "s3cret/" });
      expect((await known.array("digits-pca.npy")).rows).toBe(1797);
    } finally {
      await closed.close();
    }
  });

  test("nobody else by carelessness: an open address needs a token", async () => {
    const options = { folder: server.folder, jobs: [], version: "1", port: 0, tell: () => {} };
    await expect(startServer({ ...options, host: "0.0.0.0" })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("the folder is all there is", () => {
  const latent = ["digits-pca.npy"];

  test.each([
    ["../outside.npy"],
    ["/etc/passwd"],
    ["a/../../b.npy"],
    ["..\\outside.npy"],
    ["C:\\x.npy"],
    ["digits.npy,/etc/passwd"],
    ["digits.npy,../x.npy"],
    ["way-out/passwd"],
    ["link.npy"],
    ["pictures"],
    ["lance:/tmp/x"],
    ["postgres://localhost/db?table=x"],
    ["file:///etc/passwd"],
    ["x\0.npy"],
  ])("inputs: %j is refused", async (original) => {
    const answer = await post(server, "audit", { inputs: { original, latent } });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("leads out of")]);
  });

  test.each([
    [{ labels: "../labels.npy" }],
    [{ labels: "/etc/passwd" }],
    [{ points: "/tmp/points.csv" }],
    [{ points: "way-out/points.csv" }],
    [{ pairs: "../pairs.csv:a,b,c" }],
    [{ holdout: "way-out/hostname" }],
  ])("options: %j is refused", async (options) => {
    const answer = await post(server, "audit", { inputs: { original: "digits.npy", latent }, options });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("leads out of")]);
  });

  test.each(["../x", "/etc/passwd", "way-out/hostname", "link.npy", "pictures", "%2e%2e/x", "..%2fx"])(
    "arrays: %j is refused",
    async (path) => {
      expect((await raw(server, `/api/arrays?path=${path}`)).status).toBe(400);
    },
  );

  test("a project whose manifest leads out is refused, one that stays inside is not", async () => {
    const host = testHost();
    const [inside, outside] = ["inside", "outside"].map((name) => join(server.folder, name));
    const original = join(server.folder, "digits.npy");
    expect(await runCommandLine(["init", outside!, "--original", original], host), host.written.err).toBe(0);
    expect(await runCommandLine(["init", inside!, "--original", original, "--copy"], host)).toBe(0);
    for (const job of ["status", "refresh"]) {
      const answer = await post(server, job, { inputs: { dir: "outside" } });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("leads out of")]);
    }
    const allowed = await post(server, "status", { inputs: { dir: "inside" } });
    expect(allowed.status).toBe(202);
    expect((await raw(server, `/api/runs/${JSON.parse(allowed.text).id}/events`)).text).toContain(
      '"state":"done"',
    );
  });

  test("words of a person are no paths; what would ask other machines is refused", async () => {
    const search = (options: object) => post(server, "search", { inputs: { space: "digits.npy" }, options });
    const fetching = await search({ encoder: "model", text: ["a"], download: true });
    expect([fetching.status, fetching.text]).toEqual([400, expect.stringContaining("no request leaves")]);
    const words = await search({ encoder: "../model", text: ["see https://example.org/../x"] });
    expect([words.status, words.text]).toEqual([400, expect.stringContaining("../model")]);
  });

  test("nothing else was run, nothing written", () => {
    expect(server.runs.list().map(({ job }) => job)).toEqual(["status"]);
  });

  test("what lies inside is allowed (control)", async () => {
    const options = { points: "points.csv", rows: "0:100", labels: "digits-labels.npy" };
    const answer = await post(server, "audit", { inputs: { original: "digits.npy", latent }, options });
    expect(answer.status).toBe(202);
    const { id } = JSON.parse(answer.text);
    expect((await raw(server, `/api/runs/${id}/events`)).text).toContain('"state":"done"');
    const { files } = JSON.parse((await raw(server, "/api/files")).text);
    expect(files.map(({ path }: { path: string }) => path)).toContain("points.csv");
  });
});

describe("what is too much", () => {
  test("bodies over a megabyte, announced or not: refused, or the line is cut before all is sent", async () => {
    const body = JSON.stringify({ inputs: { original: "x".repeat(1 << 20) } });
    const headers = { "content-type": "application/json" };
    for (const more of [{ "content-length": String(body.length) }, { "transfer-encoding": "chunked" }]) {
      const sent = { method: "POST", headers: { ...headers, ...more }, body };
      const end = await raw(server, "/api/jobs/audit", sent).then(
        ({ status }) => status,
        ({ code }) => code,
      );
      expect([413, "ECONNRESET", "EPIPE"]).toContain(end);
    }
    const fits = JSON.stringify({ inputs: { original: "x".repeat(1 << 19) } });
    const answer = await raw(server, "/api/jobs/audit", { method: "POST", headers, body: fits });
    expect(answer.text).toContain("audit needs latent");
  });

  test.each(["{", "", '{"inputs":', "nul", '{"a":1}}', `${"[".repeat(100_000)}`])(
    "no JSON: %.12j",
    async (body) => {
      const headers = { "content-type": "application/json" };
      const answer = await raw(server, "/api/jobs/audit", { method: "POST", headers, body });
      expect(answer.status).toBe(400);
      expect(["bad-format", "bad-value"]).toContain(JSON.parse(answer.text).error.code);
    },
  );

  test("a body that does not come is not waited for", async () => {
    const slow = await served({ timeouts: { headers: 400, request: 800 } });
    try {
      const began = performance.now();
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(slow.port, "127.0.0.1");
        let text = "";
        socket.on("data", (part) => {
          text += part.toString();
        });
        socket.on("close", () => resolve(text));
        socket.write(
          `POST /api/jobs/audit HTTP/1.1\r\nhost: 127.0.0.1:${slow.port}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{`,
        );
      });
      expect(answer).toContain("408");
      expect(performance.now() - began).toBeLessThan(8000);
      expect((await raw(slow, "/api")).status).toBe(200);
    } finally {
      await slow.close();
    }
  });

  test("a thousand at once: each is answered, most jobs are refused, the server lives", async () => {
    const looks = Array.from({ length: 1000 }, () => raw(server, "/api/jobs"));
    expect(new Set((await Promise.all(looks)).map(({ status }) => status))).toEqual(new Set([200]));
    const busy = await served({ waiting: 4 });
    try {
      const inputs = { original: "digits.npy", latent: ["digits-pca.npy"] };
      const asked = await Promise.all(
        Array.from({ length: 200 }, () => post(busy, "audit", { inputs, options: { rows: "0:50" } })),
      );
      expect(asked.filter(({ status }) => status === 202)).toHaveLength(5);
      expect(asked.filter(({ status }) => status === 413)).toHaveLength(195);
      expect((await raw(busy, "/api")).status).toBe(200);
    } finally {
      await busy.close();
    }
  });
});

test("names and labels that are scripts stay text", async () => {
  const name = "<img src=x onerror=alert(1)>.npy";
  await writeFile(join(server.folder, name), "no array");
  const { files } = JSON.parse((await raw(server, "/api/files")).text);
  expect(files.map(({ path }: { path: string }) => path)).toContain(name);
  const answer = await raw(server, "/reference?x=<script>");
  expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  const missing = await raw(server, "/%3Cscript%3Ealert(1)%3C/script%3E");
  expect(missing.headers["content-type"]).toContain("application/json");
});
