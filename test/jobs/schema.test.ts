import { describe, expect, test } from "vitest";
import { jsonText } from "../../src/app/cli/outputs.ts";
import { JOBS } from "../../src/jobs/index.ts";
import { auditSchema, demoSchema, RESULT_SCHEMAS, resultJsonSchema } from "../../src/jobs/schema.ts";
import { type AuditResult, type DemoResult, entrantsOf, ranking } from "../../src/report/index.ts";
import { auditFixture, scoreOf } from "../report/fixture.ts";

const json = (result: AuditResult | DemoResult): unknown => JSON.parse(jsonText(result));

describe("the JSON of an audit", () => {
  test("fits its schema and comes back unchanged", () => {
    expect(auditSchema.parse(json(auditFixture()))).toEqual(JSON.parse(JSON.stringify(auditFixture())));
    expect(() => auditSchema.parse(json(auditFixture(0.01)))).not.toThrow();
  });

  test("has null where a number is not finite", () => {
    const fixture = auditFixture();
    const broken = {
      ...fixture,
      scores: { ...fixture.scores, trustworthiness: scoreOf(Number.NaN, "points") },
      gates: [{ ...fixture.gates[0]!, value: Number.POSITIVE_INFINITY }],
    };
    const parsed = auditSchema.parse(json(broken));
    expect(parsed.scores.trustworthiness).toMatchObject({ value: null, interval: [null, null] });
    expect(parsed.gates[0]!.value).toBeNull();
  });

  test.each([
    ["another version", { schema: "isometer/audit/2" }],
    ["a field that is not known", { extra: 1 }],
    ["no engine", { engine: undefined }],
    ["a negative row", { rows: -1 }],
  ])("is refused with %s", (_, change) => {
    expect(auditSchema.safeParse({ ...auditFixture(), ...change }).success).toBe(false);
  });
});

test("the JSON of a demo fits its schema", () => {
  const audit = auditFixture();
  const { isometer, engine, warnings, next, seconds } = audit;
  const audits = [{ name: "PCA", audit }];
  const demo: DemoResult = {
    schema: "isometer/demo/1",
    job: "demo",
    isometer,
    engine,
    audits,
    ranking: ranking(entrantsOf(audits)),
    warnings,
    next,
    seconds,
  };
  expect(() => demoSchema.parse(json(demo))).not.toThrow();
});

test("every job has a schema that is a JSON Schema", () => {
  expect(Object.keys(RESULT_SCHEMAS).sort()).toEqual(JOBS.map((job) => job.name).sort());
  for (const { name } of JOBS) {
    expect(resultJsonSchema(name)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
  }
});
