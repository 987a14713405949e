import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { auditPage, type PageSection } from "../../src/report/html/index.ts";
import { shownRows } from "../../src/report/html/witnesses.ts";
import type { AuditResult } from "../../src/report/index.ts";
import { auditFixture } from "./fixture.ts";
import { fullSection, nestingErrors, sheetPicture, skeleton } from "./html-kit.ts";

const golden = fileURLToPath(new URL("../golden/page.txt", import.meta.url));
const options = { date: "2026-01-31" };

let section: PageSection;
let sampled: PageSection;
let page: string;
beforeAll(async () => {
  section = await fullSection();
  sampled = await fullSection(0.0012);
  page = await auditPage([sampled], options);
});

/** Addresses that a page would load, name spaces and data left out. */
function loads(text: string): string[] {
  return [
    ...text.matchAll(/(?:src|href|srcset|poster|action|data)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import[^;]*/gi),
  ]
    .map(([whole, attribute, url]) => attribute ?? url ?? whole)
    .filter((address) => !address.startsWith("data:image/png;base64,") && !address.startsWith("#"));
}

describe("a page", () => {
  test("says in words what it shows", async () => {
    await expect(`${skeleton(page)}\n`).toMatchFileSnapshot(golden);
  });

  test("has all figures, each with a name and a caption", () => {
    expect(page.match(/<figure>/g)).toHaveLength(5);
    expect(page.match(/<figcaption>/g)).toHaveLength(5);
    for (const [, svg] of page.matchAll(/<figure>(<svg[^>]*>)/g)) {
      expect(svg).toMatch(/role="img"/);
      expect(svg).toMatch(/aria-label="[^"]{20,}"/);
      expect(svg).toMatch(/viewBox="0 0 460 \d+"/);
    }
  });

  test("begins with the verdict", () => {
    expect(page).toMatch(/<h1>Neighbourhoods can be trusted/);
    expect(page.indexOf("<h1>")).toBeLessThan(page.indexOf('class="cards"'));
  });

  test("loads nothing, runs nothing and forbids both", () => {
    expect(loads(page)).toEqual([]);
    expect(page).not.toMatch(/<(script|link|iframe|object|embed|base)\b|\son\w+=/i);
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain("default-src 'none'");
  });

  test("notices what loads (control)", () => {
    expect(loads('<img src="http://a/b.png">')).toEqual(["http://a/b.png"]);
    expect(loads("@import 'x.css';")).toHaveLength(1);
    expect(nestingErrors("<p><b>a</p>")).not.toEqual([]);
    expect(nestingErrors("<p>a < b</p>")).not.toEqual([]);
  });

  test("is well nested, exact or sampled, with or without figures", async () => {
    const bare = await auditPage(
      [{ name: "latent", result: auditFixture(), picture: null, looks: new Map() }],
      options,
    );
    for (const text of [page, bare, await auditPage([section], options)]) {
      expect(text.startsWith("<!doctype html>\n")).toBe(true);
      expect(nestingErrors(text)).toEqual([]);
    }
    expect(bare).not.toContain("<figure>");
  });

  test("has the same bytes for the same section", async () => {
    expect(await auditPage([await fullSection(0.0012)], options)).toBe(page);
  });

  test("holds no number that is none, and no long digits", () => {
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(page.match(/\d\.\d{7,}/)).toBeNull();
  });

  test("shows the looks of named rows, and cuts long words", async () => {
    const text = "word ".repeat(1000);
    const looks = new Map([[17, { text }]]);
    const cut = await auditPage([{ ...section, looks }], options);
    expect(cut).toMatch(/<blockquote>(word ){40,60}[a-z ]*…<\/blockquote>/);
    expect(page).toContain('alt="row 17, 1"');
    expect(shownRows(section.result.witnesses)).toEqual([4, 17, 37, 922, 1203, 1658]);
  });

  test("stays small", () => {
    expect(page.length).toBeLessThan(400_000);
  });
});

describe("several audits", () => {
  test("stand below a comparison, each under a name of its own", async () => {
    const text = await auditPage([section, sampled], options);
    expect(nestingErrors(text)).toEqual([]);
    expect(text).toMatch(/Side by side/);
    expect([...text.matchAll(/<article id="(audit-\d)">/g)].map(([, id]) => id)).toEqual([
      "audit-1",
      "audit-2",
    ]);
  });

  test("share the room for points", async () => {
    const picture = await sheetPicture();
    const points = Array.from({ length: 5000 }, (_, i) => i);
    const at = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i * 1.7) + (i % 7));
    const share = new Float32Array(5000).fill(1);
    const big = {
      ...picture,
      map: { ...picture.map!, rows: 9000, points, at, trust: share, continuity: share },
    };
    const one = { ...section, picture: big };
    const pages = [await auditPage([one], options), await auditPage(Array(12).fill(one), options)];
    expect(pages[0]).toContain("Drawn: 5,000 of 9,000 rows");
    expect(pages[1]).toContain("Drawn: 2,500 of 9,000 rows");
    expect(pages[0]!.length).toBeLessThan(1e6);
    expect(pages[1]!.length).toBeLessThan(4e6);
  });
});

describe("hostile names", () => {
  const nasty = `<script>alert(1)</script>"><img src=x onerror=alert(2)>' & \u0007\u202e ]]> --> </style></title>`;
  function hostile(): AuditResult {
    const base = section.result;
    const names = { label: nasty, id: nasty };
    const pair = { ...base.witnesses.stretched[0]!, aNames: names, bNames: names };
    return {
      ...base,
      inputs: base.inputs.map((input) => ({ ...input, path: nasty, dtype: nasty })),
      options: { ...base.options, labels: nasty, id: nasty, baseline: nasty },
      labels: { from: nasty, classes: 3 },
      witnesses: { stretched: [pair], shrunk: [pair], points: [{ ...base.witnesses.points[0]!, ...names }] },
      warnings: [{ code: "duplicate-rows", message: nasty }],
      gates: [{ ...base.gates[0]!, score: nasty }],
      next: [{ command: nasty, why: nasty }],
    };
  }

  test("stay text", async () => {
    const looks = new Map([17, 1203, 1658].map((row) => [row, { text: nasty }]));
    const hostilePage: PageSection = { ...section, result: hostile(), looks };
    for (const text of [
      await auditPage([hostilePage], options),
      await auditPage([hostilePage, hostilePage], options),
    ]) {
      expect(nestingErrors(text)).toEqual([]);
      expect(text).not.toMatch(/<script|<img src=x|\u202e/);
      expect(text).not.toContain("\u0007");
      expect(text.match(/<style>/g)).toHaveLength(1);
      expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(loads(text)).toEqual([]);
    }
  });
});
