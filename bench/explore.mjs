/**
 * The page of the explorer in real Chromium, WebGL in software, with 1,000,000 points: how long until they are seen, how long a frame takes while the map moves and how many points it has,
 * what the browser holds in memory, and how long the distortion of a selection takes.
 *
 *     node bench/explore.mjs [--rows 1000000] [--cols 128] [--picture FILE.png]
 *
 * The server is warm: it has read the files. The load of the machine stands beside the figures; with other work on its cores, frames are slower than they are.
 */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startServer } from "../dist/app/server/listen.js";
import { rng } from "../dist/base/index.js";
import { npyHeader } from "./children/neighbors-files.mjs";
import { flag, machineLine } from "./harness.mjs";

const [ROWS, COLS] = [Number(flag("rows", "1000000")), Number(flag("cols", "128"))];
const CLUSTERS = 20;
const BLOCK = 10_000;
const FLAGS = [
  "--no-sandbox",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
];

/** Clusters in all dimensions; the latent has each of them at a place of its own, as wide as it is and not as far from the others. */
function writeData(folder) {
  const source = rng(0).split("explore");
  const normals = Float32Array.from({ length: 1_000_003 }, () => source.normal());
  const centres = Float32Array.from({ length: CLUSTERS * COLS }, () => 3 * source.normal());
  const places = Float32Array.from({ length: CLUSTERS * 2 }, () => 12 * source.normal());
  const sizes = [COLS, 2];
  const files = ["data.npy", "codes.npy", "labels.csv"].map((name) => openSync(join(folder, name), "w"));
  for (const [i, cols] of sizes.entries()) writeSync(files[i], npyHeader(ROWS, cols));
  writeSync(files[2], "cluster\n");
  let at = 0;
  const noise = () => normals[at++ % normals.length];
  for (let start = 0; start < ROWS; start += BLOCK) {
    const count = Math.min(BLOCK, ROWS - start);
    const blocks = sizes.map((cols) => new Float32Array(count * cols));
    let labels = "";
    for (let i = 0; i < count; i++) {
      const cluster = Math.floor(CLUSTERS * source.uniform());
      for (let k = 0; k < COLS; k++) blocks[0][i * COLS + k] = centres[cluster * COLS + k] + noise();
      for (let k = 0; k < 2; k++) {
        blocks[1][2 * i + k] =
          places[2 * cluster + k] + blocks[0][i * COLS + k] - centres[cluster * COLS + k];
      }
      labels += `cluster ${cluster}\n`;
    }
    for (const [f, block] of blocks.entries()) writeSync(files[f], Buffer.from(block.buffer));
    writeSync(files[2], labels);
  }
  for (const file of files) closeSync(file);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const say = (name, text) => process.stdout.write(`${name.padEnd(50)}${text}\n`);

/** Frames of the page, with when they came since it was asked for. */
const WITNESS = `window.frames_ = []; addEventListener("isometer-frame", ({ detail }) => window.frames_.push({ ...detail, at: performance.now() }));`;

async function framesOf(page, work) {
  await page.evaluate("void (window.frames_ = [])");
  await work();
  return page.evaluate("window.frames_");
}

/** Resident memory of the processes of a browser, in MB, by kind. */
async function memoryOf(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sums = {};
  for (const { type, id } of processInfo) {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8")) ?? [];
    sums[type] = (sums[type] ?? 0) + Math.round(Number(kilobytes ?? 0) / 1024);
  }
  return sums;
}

async function measureMoves(page) {
  const box = await page.locator(".map .hands").first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const circle = async (radius, steps) => {
    for (let i = 0; i < steps; i++) {
      const turn = (2 * Math.PI * i) / 60;
      await page.mouse.move(x + radius * Math.cos(turn), y + radius * Math.sin(turn));
    }
  };
  const moves = {
    "while it is dragged": async () => {
      await page.mouse.move(x, y);
      await page.mouse.down();
      await circle(120, 240);
      await page.mouse.up();
    },
    "while it is zoomed": async () => {
      await page.mouse.move(x, y);
      for (let i = 0; i < 60; i++) await page.mouse.wheel(0, i < 30 ? -60 : 60);
    },
  };
  for (const [name, work] of Object.entries(moves)) {
    const frames = (await framesOf(page, work)).filter(({ took }) => took !== null);
    const took = frames.map((frame) => frame.took);
    const drawn = frames.map((frame) => frame.drawn);
    say(
      `frame ${name}`,
      `median ${median(took).toFixed(0)} ms, worst ${Math.max(...took).toFixed(0)} ms; median ${median(drawn).toLocaleString("en")} of ${ROWS.toLocaleString("en")} points`,
    );
    await page.waitForTimeout(1500);
  }
}

/** By lasso, as a person does: about the share of the map that `part` of its width and height is. */
async function measureSelection(page, part) {
  const box = await page.locator(".map .hands").first().boundingBox();
  const [w, h] = [(part * box.width) / 2, (part * box.height) / 2];
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x - w, y - h);
  await page.mouse.down();
  for (const [a, b] of [
    [1, -1],
    [1, 1],
    [-1, 1],
  ])
    await page.mouse.move(x + a * w, y + b * h, { steps: 6 });
  const answered = page.waitForResponse((response) => response.url().endsWith("/selection"));
  const began = performance.now();
  await page.mouse.up();
  const response = await answered;
  if (!response.ok()) throw new Error(await response.text());
  const { rows, sampled, milliseconds } = await response.json();
  await page.getByRole("rowheader", { name: "neighbours in both" }).waitFor();
  const all = performance.now() - began;
  const { requestStart, responseEnd } = response.request().timing();
  say(
    `selection of ${rows.toLocaleString("en")} rows`,
    `${milliseconds.toFixed(0)} ms in the server (${sampled} sought), ${(responseEnd - requestStart).toFixed(0)} ms for the request, ${all.toFixed(0)} ms until it is read`,
  );
}

async function measurePage(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on("pageerror", (error) => process.stderr.write(`${error.stack}\n`));
  await page.addInitScript(WITNESS);
  await page.goto(url);
  const seen = (wanted) => page.waitForFunction(wanted, ROWS, { timeout: 120_000 });
  await seen((rows) => globalThis.frames_.some(({ total }) => total === rows));
  await seen((rows) =>
    globalThis.frames_.some(({ total, drawn, took }) => total === rows && drawn === rows && took === null),
  );
  await page.waitForTimeout(3000);
  const frames = await page.evaluate("window.frames_");
  const first = frames.find(({ total }) => total === ROWS);
  const whole = frames.find(({ drawn, took }) => drawn === ROWS && took === null);
  say("first picture", `${first.at.toFixed(0)} ms, ${first.drawn.toLocaleString("en")} points`);
  say("all points", `${whole.at.toFixed(0)} ms`);
  if (flag("picture", "")) await page.screenshot({ path: flag("picture", "") });
  await measureMoves(page);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const memory = await memoryOf(browser);
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  say(
    "memory of the browser",
    `${Object.entries(memory)
      .map(([kind, mb]) => `${kind} ${mb} MB`)
      .join(", ")}; objects ${(usedSize / 2 ** 20).toFixed(0)} MB`,
  );
  await page.getByRole("button", { name: "Lasso" }).click();
  for (const part of [0.1, 0.1, 0.4, 0.9]) await measureSelection(page, part);
  await page.close();
}

/** The same question without a browser that paints a million points in software on the same cores. */
async function measureServer(url, id) {
  const mask = (every) => {
    const bits = new Uint8Array(Math.ceil(ROWS / 8));
    for (let row = 0; row < ROWS; row += every) bits[row >> 3] |= 1 << (row & 7);
    return Buffer.from(bits).toString("base64");
  };
  for (const every of [25, 1]) {
    const body = JSON.stringify({ latent: 0, mask: mask(every) });
    const took = [];
    for (let run = 0; run < 9; run++) {
      const began = performance.now();
      const answer = await fetch(new URL(`/api/views/${id}/selection`, url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      await answer.json();
      took.push(performance.now() - began);
    }
    say(
      `selection of ${Math.ceil(ROWS / every).toLocaleString("en")} rows, the server alone`,
      `median ${median(took).toFixed(0)} ms`,
    );
  }
}

const folder = mkdtempSync(join(os.tmpdir(), "isometer-explore-"));
try {
  writeData(folder);
  const server = await startServer({
    folder,
    jobs: [],
    version: "bench",
    port: 0,
    tell: (text) => process.stderr.write(`${text}\n`),
  });
  const request = { original: "data.npy", latent: ["codes.npy"], labels: "labels.csv" };
  const began = performance.now();
  const opened = await fetch(new URL("/api/views", server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  if (!opened.ok) throw new Error(await opened.text());
  process.stdout.write(`${machineLine()}; load ${os.loadavg()[0].toFixed(1)}\n`);
  say(
    `${ROWS.toLocaleString("en")} x ${COLS}, read by the server`,
    `${(performance.now() - began).toFixed(0)} ms`,
  );
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
  });
  const address = new URL(server.url);
  for (const [name, value] of Object.entries(request)) address.searchParams.append(name, value);
  try {
    for (const run of ["first", "again"]) {
      say(`-- ${run}`, `load ${os.loadavg()[0].toFixed(1)}`);
      await measurePage(browser, address.href);
    }
    await browser.close();
    say("-- no browser", `load ${os.loadavg()[0].toFixed(1)}`);
    await measureServer(server.url, (await opened.json()).id);
  } finally {
    await browser.close();
    await server.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
