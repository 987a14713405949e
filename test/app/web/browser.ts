import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { toScreen } from "../../../src/app/web/map/camera.ts";
import { squareOf } from "../../../src/app/web/map/order.ts";
import { type Served, served } from "../server/server.ts";

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const executablePath = PLACES.find((path) => path && existsSync(path));

/** Whether there is a browser; CHROMIUM says where, if it is not in its usual place. */
export const hasChromium: boolean = executablePath !== undefined;
if (!hasChromium) {
  process.stderr.write(
    "tests in the browser are skipped: no Chromium (apt-get install chromium, or CHROMIUM=PATH)\n",
  );
}

/** WebGL in software, the same on every machine; no request of Chromium's own. */
const FLAGS = [
  "--no-sandbox",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath!, args: FLAGS });
}

/** A page, and all that went wrong in it so far: errors, answers that are refusals, requests to other hosts, breaches of the content security policy. */
export interface Watched {
  readonly page: Page;
  readonly faults: string[];
  close(): Promise<void>;
}

/** What the tests of a file share. Pages that they open are closed after each of them, and nothing may have gone wrong in one. */
export interface Fixture {
  readonly server: () => Served;
  open(url: string, options?: BrowserContextOptions): Promise<Watched>;
  /** A page of a view of the server. */
  show(view: Address, options?: BrowserContextOptions): Promise<Page>;
}

/** One server and one browser for a file of tests. */
export function withBrowser(prepare: (folder: string) => Promise<void> = async () => {}): Fixture {
  let server: Served;
  let browser: Browser;
  const pages: Watched[] = [];
  beforeAll(async () => {
    if (!hasChromium) return;
    [server, browser] = await Promise.all([served({ suggestion: DIGITS }), openBrowser()]);
    await prepare(server.folder);
  });
  afterEach(async () => {
    const left = pages.splice(0);
    for (const { close } of left) await close();
    expect(left.flatMap(({ faults }) => faults)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const open = async (url: string, options: BrowserContextOptions = {}) => {
    const page = await openPage(browser, url, options);
    pages.push(page);
    return page;
  };
  return {
    server: () => server,
    open,
    show: async (view, options) => (await open(addressOf(server.url, view), options)).page,
  };
}

/** The bundled example, as a link asks for it. */
export const DIGITS = {
  original: "digits.npy",
  latent: ["digits-umap.npy", "digits-pca.npy"],
  labels: "digits-labels.npy",
};

/** The frame that was drawn last, and what the policy did not allow, on `window`. */
const WITNESS = `
  addEventListener("isometer-frame", ({ detail }) => { window.lastFrame = detail; });
  addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
`;

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const { host } = new URL(url);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.stack ?? error.message));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (/^(https?|wss?):$/.test(asked.protocol) && asked.host !== host)
      faults.push(`request to ${asked.host}`);
  });
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    // What was superseded, and what a page that was left had asked for.
    if (why !== "net::ERR_ABORTED") faults.push(`${request.url()}: ${why}`);
  });
  await page.addInitScript(WITNESS);
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** What a link says; a list is said once for each of its values. */
export type Address = Readonly<Record<string, string | number | readonly string[]>>;

export function addressOf(url: string, said: Address): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(said)) {
    for (const one of Array.isArray(value) ? value : [value]) address.searchParams.append(name, String(one));
  }
  return address.href;
}

/** Waits until all points stand still. */
export async function untilDrawn(page: Page, points: number): Promise<void> {
  const isStill = (total: number) => {
    const { lastFrame } = globalThis as { lastFrame?: { total: number; took: number | null } };
    return lastFrame?.total === total && lastFrame.took === null;
  };
  await page.waitForFunction(isStill, points, { timeout: 60_000 });
}

/** What can be pointed at on a map. */
export const hands = (page: Page, name: string): Locator =>
  page.getByRole("application", { name: `${name}:` });

/** Where a row is drawn, in pixels of the page: of the first map, when all of it is shown. */
export async function placeOf(page: Page, positions: Float32Array, name: string, row: number) {
  const box = (await hands(page, name).boundingBox())!;
  const { x, y, side } = squareOf(positions);
  const [a, b] = [positions[2 * row]!, positions[2 * row + 1]!];
  const [left, top] = toScreen({ x: 0.5, y: 0.5, width: 1.1 }, box, (a - x) / side, (b - y) / side);
  return { x: box.x + left, y: box.y + top };
}

/** A chosen option of the address of the page. */
export const said = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);

/** Waits until the address says it. */
export async function untilSaid(page: Page, name: string, value: string | null): Promise<void> {
  await expect.poll(() => said(page, name), { timeout: 15_000 }).toBe(value);
}
