import { html, raw } from "hono/html";
import { documentOptions } from "../../jobs/common.ts";
import type { Job, OptionSpec } from "../../jobs/define.ts";
import { requestOptions } from "./request.ts";

/** The reference as a page: every job with inputs, options and examples, from the table. */
export function referencePage(jobs: readonly Job[], version: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isometer: reference</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>Isometer ${version}</h1>
<p>Every job, over HTTP as on the command line: <code>POST /api/jobs/NAME</code> with <code>{"inputs": {}, "options": {}}</code> gives a run;
<code>GET /api/runs/ID/events</code> follows it and <code>GET /api/runs/ID/result</code> is its result.
<a href="/api/openapi.json">OpenAPI document</a></p>
</header>
<nav aria-label="Jobs"><ul>${jobs.map(({ name }) => html`<li><a href="#${name}">${name}</a></li>`)}</ul></nav>
<main>${jobs.map(section)}</main>
</body>
</html>`;
}

function section(job: Job) {
  const inputs = Object.entries(job.inputs);
  const options = Object.entries({ ...requestOptions(job.options), ...documentOptions(job) }).filter(
    ([name]) => name !== "json",
  );
  return html`
<section id="${job.name}" aria-labelledby="${job.name}-title">
<h2 id="${job.name}-title">${job.name}</h2>
<p>${job.about}</p>
${job.details.map((text) => html`<p>${text}</p>`)}
${
  inputs.length > 0
    ? html`<h3>Inputs</h3><dl>${inputs.map(([name, { about }]) => html`<dt><code>${name}</code></dt><dd>${about}</dd>`)}</dl>`
    : ""
}
<h3>Options</h3>
<table><thead><tr><th scope="col">Name</th><th scope="col">Value</th><th scope="col">What it does</th></tr></thead>
<tbody>${options.map(([name, spec]) => html`<tr><td><code>${name}</code></td><td>${valueText(spec)}</td><td>${spec.about}</td></tr>`)}</tbody></table>
<h3>Examples</h3>
${job.examples.map(({ command, about }) => html`<p>${about}</p><pre><code>${command}</code></pre>`)}
</section>`;
}

function valueText(spec: OptionSpec): string {
  const kind =
    spec.choices?.join(" | ") ??
    (spec.kind === "list" ? `list of ${spec.placeholder}` : spec.placeholder || "true or false");
  const range = [
    ...(spec.min === undefined ? [] : [`from ${spec.min}`]),
    ...(spec.max === undefined ? [] : [`to ${spec.max}`]),
  ].join(" ");
  const preset = spec.kind === "list" || spec.default === undefined ? spec.otherwise : String(spec.default);
  return [kind, range, preset === undefined ? "" : `default ${preset}`].filter(Boolean).join("; ");
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
nav ul { columns: 8rem; list-style: none; padding: 0; }
section { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); margin-top: 2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .75rem; background: color-mix(in srgb, currentColor 7%, transparent); }
`;
