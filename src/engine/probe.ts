import { gemm, input, toOnnx } from "../graph/index.ts";
import type { EngineInfo } from "./info.ts";
import { openSession } from "./runtime.ts";

/*
 * A process that ends with status 0 when an engine (the argument, as JSON) multiplies two numbers; see provider.ts.
 */

const engine = JSON.parse(process.argv[2]!) as EngineInfo;
const model = toOnnx({ outputs: { c: gemm(input("a", ["m", "k"]), input("b", ["k", "n"])) } }, "probe");
const session = await openSession(model, engine);
const c = new Float32Array(1);
const number = (value: number) => ({ data: Float32Array.of(value), dims: [1, 1] });
await session.run({ a: number(6), b: number(7) }, { c: { data: c, dims: [1, 1] } });
if (c[0] !== 42) throw new Error(`6 times 7 is ${c[0]}`);
await session.close();
