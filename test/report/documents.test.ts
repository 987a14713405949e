import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type AuditResult, auditJunit, auditMarkdown } from "../../src/report/index.ts";
import { auditFixture } from "./fixture.ts";

const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));

/** An audit whose path and warning try to break out of the text that they stand in. */
function hostile(): AuditResult {
  const base = auditFixture();
  const path = 'a|b`c`"<img src=x onerror=alert(1)>"&\u0007\n| x |.npy';
  return {
    ...base,
    inputs: base.inputs.map((input) => ({ ...input, path })),
    warnings: [{ code: "duplicate-rows", message: `${path}: **bold** [link](http://x) ]]>` }],
  };
}

describe("Markdown", () => {
  test.each([
    ["exact", undefined],
    ["sampled", 0.0012],
  ])("of an audit, %s", async (name, half) => {
    await expect(auditMarkdown(auditFixture(half))).toMatchFileSnapshot(golden(`report-${name}.md`));
  });

  test("has as many cells in every row, and no cell, tag or link from a path", () => {
    const text = auditMarkdown(hostile());
    const tables = text.split("\n\n").filter((part) => part.startsWith("|"));
    expect(tables).toHaveLength(2);
    for (const rows of tables.map((part) => part.split("\n")))
      expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length)).size).toBe(1);
    const [title, ...rest] = text.split("\n");
    expect(rest.join("\n")).not.toMatch(/<img|(?<!\\)\[link|(?<!\\)\*\*bold/);
    // The path is one code span on one line, whatever is in it.
    expect(title).toMatch(/^### Isometer: ``.*``$/);
  });
});

describe("JUnit XML", () => {
  test("has a case for every gate", async () => {
    await expect(auditJunit(auditFixture())).toMatchFileSnapshot(golden("gates.xml"));
  });

  test("has one case that passes where there are no gates", () => {
    const text = auditJunit({ ...auditFixture(), gates: [] });
    expect(text).toContain('tests="1" failures="0"');
    expect(text).not.toContain("<failure");
  });

  test("is well formed whatever a path holds", () => {
    const text = auditJunit(hostile());
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    expect(text.match(/<img/)).toBeNull();
    // Every < opens a tag of ours, every & an entity.
    const tags = [...text.matchAll(/<\/?([a-z-]*)/g)].map(([, tag]) => tag);
    const known = ["", "testsuites", "testsuite", "testcase", "failure", "system-out"];
    expect(tags.filter((tag) => !known.includes(tag!))).toEqual([]);
    expect(text.match(/&(?!amp;|lt;|gt;|quot;)/)).toBeNull();
  });
});
