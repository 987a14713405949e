import { matrix, rng } from "../../src/base/index.ts";
import { audit } from "../../src/measure/index.ts";
import type { Picture } from "../../src/measure/picture.ts";
import type { PageSection } from "../../src/report/html/index.ts";
import type { AuditResult } from "../../src/report/index.ts";
import { auditFixture, scoreOf } from "./fixture.ts";

/** 240 points of a bent sheet, and its flat coordinates stretched along one side. */
export function sheet(stretched = 2, rows = 240) {
  const random = rng(7);
  const x = new Float32Array(rows * 3);
  const z = new Float32Array(rows * 2);
  for (let i = 0; i < rows; i++) {
    const [u, v] = [random.uniform() * 3, random.uniform()];
    x.set([Math.sin(u), v, Math.cos(u)], 3 * i);
    z.set([stretched * u, v], 2 * i);
  }
  return { x: matrix(x, rows, 3), z: matrix(z, rows, 2) };
}

/** The picture of the sheet. */
export async function sheetPicture(seed = 0): Promise<Picture> {
  const { x, z } = sheet();
  return (await audit(x, z, { nNeighbors: 10, seed, picture: true, threads: 2 })).picture!;
}

/** A made-up audit with every part that a page knows: a curve, what is achievable, the shape of both spaces. */
export function fullResult(half?: number): AuditResult {
  const base = auditFixture(half);
  const sizes = [1, 2, 3, 5, 8, 15, 30, 60, 120, 240, 480, 960, 1795];
  const rnx = [0.3, 0.36, 0.4, 0.44, 0.47, 0.5, 0.52, 0.5, 0.46, 0.4, 0.33, 0.2, 0.02];
  const trustworthiness = {
    ...base.scores.trustworthiness!,
    achievable: { name: "SMACOF to 2", m: 1000, value: 0.99, here: 0.981 },
  };
  const result = {
    ...base,
    scores: {
      ...base.scores,
      trustworthiness,
      aucLogRnx: { ...scoreOf(0.42, "points", half, 1, 0), sizes, qnx: rnx, rnx },
      silhouette: { ...scoreOf(0.31, "points", half, 1, 0), original: 0.18 },
    },
  };
  return result;
}

/** One section of a page. */
export async function fullSection(half?: number): Promise<PageSection> {
  const pixel = "data:image/png;base64,iVBORw0KGgo=";
  const look = (row: number) =>
    [row, { image: { src: pixel, width: 28, height: 28 }, text: `words of row ${row}` }] as const;
  return {
    name: "digits-tsne",
    result: fullResult(half),
    picture: await sheetPicture(),
    looks: new Map([17, 1203, 4, 922, 1658].map(look)),
  };
}

const VOID = ["meta", "img", "br", "hr", "input", "link"];

/** What is wrong with the nesting of a page's tags: every tag that is opened is closed, in order. */
export function nestingErrors(page: string): string[] {
  const open: string[] = [];
  const errors: string[] = [];
  const body = page.replace(/<style>[\s\S]*?<\/style>/g, "");
  for (const [, close, name, rest] of body.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"]|"[^"]*")*)>/g)) {
    if (close === "/") {
      const expected = open.pop();
      if (expected !== name) errors.push(`</${name}> closes <${expected}>`);
    } else if (!rest!.endsWith("/") && !VOID.includes(name!)) open.push(name!);
  }
  // What is left of < and > after all tags were taken out is no markup.
  const texts = body.replace(/<!doctype html>|<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"]|"[^"]*")*)>/g, "");
  if (/[<>]/.test(texts)) errors.push(`stray ${/[<>].{0,40}/.exec(texts)![0]}`);
  return [...errors, ...open.map((name) => `<${name}> stays open`)];
}

/** The words of a page, a line for each part; pictures by their names. */
export function skeleton(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/<svg[^>]*aria-label="([^"]*)"[\s\S]*?<\/svg>/g, "[$1]")
    .replace(/<img [^>]*alt="([^"]*)"[^>]*>/g, "[$1] ")
    .replace(/<(h\d|tr|li|dt|figcaption|p|pre|small|blockquote|title|article|section)\b[^>]*>/g, "\n<$1> ")
    .replace(/<(?!(h\d|figcaption|section|article)> )[^>]*>/g, " ")
    .replace(/[ \t\u00a0]+/g, " ")
    .replace(/ *\n\s*/g, "\n")
    .trim();
}
