import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { rng } from "../../src/base/index.ts";
import { recommendSchema } from "../../src/jobs/schema-recommend.ts";
import { testHost } from "../app/host.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-recommend-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Two crowds of 60 users: the even ones take items of a0 to a29, the odd ones of b0 to b29, each 12 of them. */
beforeAll(() => {
  const random = rng(1);
  const events: string[] = [];
  for (let user = 0; user < 120; user++) {
    const kind = user % 2 === 0 ? "a" : "b";
    const order = Array.from({ length: 30 }, (_, i) => [random.uniform(), i] as const).sort(
      (x, y) => x[0] - y[0],
    );
    order.slice(0, 12).forEach(([, item], time) => {
      events.push(`u${user},${kind}${item},4,${1000 * user + time}`);
    });
  }
  writeFileSync(file("ratings.csv"), `who,what,stars,when\n${events.join("\n")}\n`);
  const short = events.map((line) => line.split(",").slice(0, 2).join(","));
  writeFileSync(file("pairs.csv"), `user,item\n${short.join("\n")}\n`);
  writeFileSync(file("wide.csv"), `x,who,what,stars,when\n${events.map((line) => `0,${line}`).join("\n")}\n`);
  writeFileSync(file("bad.csv"), "user,item,rating\nu1,a1,five\n");
  const names = ["a", "b"].flatMap((kind) =>
    Array.from({ length: 30 }, (_, i) => `${kind}${i},The ${kind.toUpperCase()} ${i}`),
  );
  writeFileSync(file("names.csv"), `id,name\n${names.join("\n")}\n`);
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["recommend", ...args, "--threads", "1", "--n-factors", "8"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return recommendSchema.parse(JSON.parse(out));
}

describe("isometer recommend", () => {
  it("recommends what the crowd of a user takes, and why, and nothing that they have", async () => {
    const { lists, inputs } = await result(file("ratings.csv"), "--user", "u4", "--names", file("names.csv"));
    expect(inputs[0]).toMatchObject({
      users: 120,
      items: 60,
      interactions: 1440,
      columns: ["who", "what", "stars", "when"],
    });
    const [{ items, liked, user }] = lists as [(typeof lists)[number]];
    expect([user, liked, items.length]).toEqual(["u4", 12, 10]);
    for (const { id, name, reasons } of items) {
      expect(id).toMatch(/^a/);
      expect(name).toBe(`The A ${id.slice(1)}`);
      expect(reasons.every((reason) => reason.id.startsWith("a"))).toBe(true);
    }
  });

  it("knows somebody new by what they like, and takes tables of two columns or of more than four", async () => {
    for (const table of [file("pairs.csv"), `${file("wide.csv")}:who,what,stars,when`]) {
      const { lists } = await result(table, "--liked", "b1,b2,b3", "--top", "5");
      expect(lists[0]).toMatchObject({ user: null, liked: 3 });
      expect(lists[0]!.items.map(({ id }) => id[0])).toEqual(["b", "b", "b", "b", "b"]);
    }
  });

  it("says how well lists foresee what came later, beside what is popular", async () => {
    const { evaluation } = await result(file("ratings.csv"), "--evaluate");
    const [als, , popularity] = evaluation!.recommenders;
    expect(evaluation!.recommenders.map(({ name }) => name)).toEqual(["als", "item-kNN", "popularity"]);
    expect(evaluation!.users).toBe(120);
    expect(als!.recallAtK.value!).toBeGreaterThan(1.5 * popularity!.recallAtK.value!);
    expect(popularity!.ahead!.recallAtK.interval[0]!).toBeGreaterThan(0);
    const { out } = await run(file("ratings.csv"), "--evaluate");
    expect(out).toContain("How well lists foresee the last fifth");
  });

  it.each([
    [["ratings.csv"], "nobody to recommend to"],
    [["ratings.csv", "--user", "nobody"], "there is no user nobody"],
    [["ratings.csv", "--liked", "a1,zzz"], "there is no item zzz"],
    [["bad.csv", "--liked", "a1"], 'has "five" for rating'],
    [["wide.csv", "--liked", "a1"], "columns"],
  ])("says what is wrong: %o", async ([name, ...args], message) => {
    const { status, err } = await run(file(name!), ...args);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
