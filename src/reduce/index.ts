export * from "./smacof.ts";
