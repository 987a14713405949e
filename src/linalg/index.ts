export * from "./lanczos.ts";
export * from "./pca.ts";
export * from "./tridiagonal.ts";
