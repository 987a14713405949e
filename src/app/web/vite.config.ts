import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { standaloneViewer } from "./standalone/vite.config.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page of the explorer, into dist/app/web: nothing is inlined, so that a strict policy can hold. */
export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [standaloneViewer()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("../../../dist/app/web"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
});
