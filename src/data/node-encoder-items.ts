import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { columnIndex, nameList } from "./columns.ts";
import { fileError } from "./node-bytes.ts";
import { imageNames } from "./node-images.ts";
import { scanTable } from "./node-judgements.ts";
import { detectFormat, exists, missingFile } from "./node-open.ts";
import { textColumn } from "./node-tables.ts";
import { textLines } from "./node-text.ts";

/** Things to be encoded: texts, or paths of images. */
export interface Items {
  readonly takes: "text" | "image";
  readonly items: readonly string[];
  /** What they are called: the column of ids, or names of images. Null: their numbers. */
  readonly ids: readonly string[] | null;
}

const IMAGE = /\.(png|jpe?g|webp|gif|tiff?|avif|pgm|ppm|pbm|pnm)$/i;
const LINES = /\.(txt|text)(\.gz)?$/i;

/**
 * Texts of a column of a table, the lines of .txt files, images, or the images of folders, in this order.
 *
 * @throws missing-file, bad-value (texts and images together, or numbers), ambiguous-column (which column), unknown-column, bad-option, and what reading throws
 */
export async function readItems(
  paths: readonly string[],
  { textColumn: column, id }: { readonly textColumn?: string | undefined; readonly id?: string | undefined },
): Promise<Items> {
  const [first, ...others] = await Promise.all(paths.map(kindOf));
  const other = others.findIndex((kind) => kind !== first);
  if (other >= 0) {
    throw new IsometerError(
      "bad-value",
      `${shown(paths[0]!)} holds ${first}, ${shown(paths[other + 1]!)} ${others[other]}`,
      {
        hint: "Encode them one after the other.",
      },
    );
  }
  if (first === "a table") return tableItems(paths, column, id);
  const vain = column !== undefined ? "--text-column" : id !== undefined ? "--id" : undefined;
  if (vain !== undefined) {
    throw new IsometerError("bad-option", `${vain} names a column, and ${shown(paths[0]!)} is no table`, {
      hint: "Leave it out.",
    });
  }
  return first === "lines" ? lineItems(paths) : imageItems(paths);
}

async function kindOf(path: string): Promise<"a table" | "lines" | "images"> {
  if (!(await exists(path))) throw await missingFile(path);
  if (statSync(path).isDirectory() || IMAGE.test(path)) return "images";
  if (LINES.test(path)) return "lines";
  const format = await detectFormat(path);
  if (["csv", "tsv", "parquet", "jsonl"].includes(format)) return "a table";
  throw new IsometerError("bad-value", `${shown(path)} holds numbers: nothing is read off it but rows`, {
    needed: "a table with --text-column, .txt, images or folders of images",
    got: format,
    hint: "Rows go through a model with isometer apply MODEL FILE.",
  });
}

async function tableItems(
  paths: readonly string[],
  column: string | undefined,
  id: string | undefined,
): Promise<Items> {
  const items: string[] = [];
  const ids: string[] = [];
  for (const path of paths) {
    const scan = await scanTable(path, "text-column");
    try {
      if (column === undefined) {
        const names = scan.columns.map(({ name }) => name);
        throw new IsometerError(
          "ambiguous-column",
          `which column of ${scan.where} holds the texts? It has ${nameList(names)}`,
          {
            hint: `For example --text-column "${shown(names[0]!)}".`,
          },
        );
      }
      append(items, await textColumn(scan, columnIndex(scan.where, scan.columns, column)));
      if (id !== undefined) append(ids, await textColumn(scan, columnIndex(scan.where, scan.columns, id)));
    } finally {
      await scan.database.close();
    }
  }
  return { takes: "text", items, ids: id === undefined ? null : ids };
}

async function lineItems(paths: readonly string[]): Promise<Items> {
  const items: string[] = [];
  for (const path of paths) for await (const line of textLines(path)) items.push(line);
  return { takes: "text", items, ids: null };
}

/** Names of the images of one folder, else of files. */
async function imageItems(paths: readonly string[]): Promise<Items> {
  const items: string[] = [];
  for (const path of paths) {
    try {
      if (!statSync(path).isDirectory()) items.push(path);
      else
        append(
          items,
          (await imageNames(path, shown(path))).map((name) => join(path, name)),
        );
    } catch (error) {
      throw fileError(shown(path), error);
    }
  }
  return { takes: "image", items, ids: paths.length === 1 ? items.map((path) => basename(path)) : items };
}

/** As push of all would, which ends where there are too many. */
function append(to: string[], values: readonly string[]): void {
  for (const value of values) to.push(value);
}
