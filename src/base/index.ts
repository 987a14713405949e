export * from "./checks.ts";
export * from "./duplicates.ts";
export * from "./errors.ts";
export * from "./matrix.ts";
export * from "./progress.ts";
export * from "./rng.ts";
export * from "./statistics.ts";
export * from "./warnings.ts";
