export * from "./cholesky.ts";
export * from "./jacobi.ts";
export * from "./lanczos.ts";
export * from "./moments.ts";
export * from "./pca.ts";
export * from "./spectrum.ts";
export * from "./symmetric.ts";
export * from "./tridiagonal.ts";
export { toUnitRows } from "./unit-rows.ts";
