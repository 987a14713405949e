import { IsometerError } from "../base/index.ts";

/**
 * The shortest names that tell files apart, all cut alike: without folder and ending where that is enough ("pca", "umap"); else with the ending,
 * then with a folder, and so on.
 *
 * @param taken names that no file may get
 * @throws bad-option for the same file twice
 */
export function distinctNames(paths: readonly string[], taken: readonly string[] = []): string[] {
  const twice = paths.find((path, i) => paths.findIndex((other) => same(path, other)) < i);
  if (twice !== undefined) {
    throw new IsometerError("bad-option", `${twice} is given twice`, { hint: "Give each latent once." });
  }
  const deepest = Math.max(...paths.map((path) => segmentsOf(path).length));
  for (let depth = 1; depth <= deepest; depth++) {
    for (const ending of [false, true]) {
      const names = paths.map((path) => lastOf(path, depth, ending));
      if (new Set([...names, ...taken]).size === names.length + taken.length) return names;
    }
  }
  return [...paths];
}

function same(a: string, b: string): boolean {
  return a === b || (segmentsOf(a).join("/") === segmentsOf(b).join("/") && isRooted(a) === isRooted(b));
}

function isRooted(path: string): boolean {
  return /^[\\/]/.test(path);
}

/** The parts of a path; of several files with commas between, those of the first. */
function segmentsOf(path: string): string[] {
  return path.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
}

/** The last `depth` parts of a path, with or without the ending of a file. */
function lastOf(path: string, depth: number, ending: boolean): string {
  const name = segmentsOf(path).slice(-depth).join("/");
  return (ending ? name : name.replace(/(?<=[^/])\.[a-z0-9]{1,12}(\.gz)?$/i, "")) || path;
}

/** What inputs are called in messages: as they were given, long paths without folders where that tells all apart; of several files the first. */
export function shortNames(paths: readonly string[]): string[] {
  const names = paths.map(shortName);
  return new Set(names).size === new Set(paths).size ? names : [...paths];
}

function shortName(path: string): string {
  if (path.length <= 40) return path;
  const [first, ...more] = path.split(",").map((file) => file.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, ""));
  return more.length === 0 ? first! : `${first} and ${more.length} more`;
}
