import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build, type InlineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What shows a saved view: one classic script and one style, which stand in the page that is saved. */
const config: InlineConfig = {
  root: here("."),
  configFile: false,
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    write: false,
    minify: true,
    lib: { entry: here("./main.tsx"), formats: ["iife"], name: "isometer", fileName: "viewer" },
  },
};

const NAME = "virtual:standalone-viewer";

/** `import viewer from "virtual:standalone-viewer"`: that script and style, built for the page that saves them, and their hashes. */
export function standaloneViewer(): Plugin {
  return {
    name: "standalone-viewer",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const built = await build(config);
      const [{ output }] = (Array.isArray(built) ? built : [built]) as [{ output: Output[] }];
      const chunks = output.filter(({ type }) => type === "chunk");
      const styles = output.filter(({ fileName }) => fileName.endsWith(".css"));
      if (chunks.length !== 1 || styles.length !== 1)
        throw new Error("the viewer is one script and one style");
      const script = inElement(chunks[0]!.code!);
      const style = String(styles[0]!.source);
      const viewer = { script, scriptHash: hashOf(script), style, styleHash: hashOf(style) };
      return `export default ${JSON.stringify(viewer)};`;
    },
  };
}

interface Output {
  readonly type: string;
  readonly fileName: string;
  readonly code?: string;
  readonly source?: string | Uint8Array;
}

/** A script as it may stand in an element: nothing in its texts ends it. */
function inElement(code: string): string {
  return code.trim().replace(/<(?=\/script|!--)/gi, "\\x3C");
}

/** As a policy names it. */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

export default config;
