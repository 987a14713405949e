export * from "./jacobi.ts";
export * from "./lanczos.ts";
export * from "./pca.ts";
export * from "./tridiagonal.ts";
