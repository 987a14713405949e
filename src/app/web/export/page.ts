import type { Saved } from "../standalone/saved.ts";
import { escaped } from "./markup.ts";

/** What shows a saved view: a classic script and a style, with what a policy calls them ("sha256-..."). */
export interface Viewer {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
}

/** A saved view as a page by itself: it asks nobody for anything, and its policy lets no other script run. */
export function pageOf(saved: Saved, { script, scriptHash, style, styleHash }: Viewer): string {
  const policy = [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const { view } = saved;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Isometer ${escaped(saved.isometer)}">
<title>${escaped(view.latents[0]!.name)}: a map with its distortion</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This map needs JavaScript.</noscript>
<script type="application/json" id="saved">${dataIn(saved)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that ends no element and opens no comment. */
function dataIn(saved: Saved): string {
  return JSON.stringify(saved).replaceAll("<", "\\u003c");
}
