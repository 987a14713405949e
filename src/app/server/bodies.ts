import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { IsometerError } from "../../base/index.ts";

/** Most bytes of a request. */
export const BODY_BYTES = 1 << 20;

/** Refuses large bodies before they are read. */
export const limited: MiddlewareHandler = bodyLimit({
  maxSize: BODY_BYTES,
  onError: () => {
    throw new IsometerError("too-large", `a request may have ${BODY_BYTES} bytes`, {
      hint: "Put data into files of the folder and name them.",
    });
  },
});

/** What a request says, checked. @throws bad-format for what is no JSON; bad-value for what has another shape */
export async function bodyOf<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) {
    throw new IsometerError("bad-format", `a request is JSON, not ${JSON.stringify(type)}`, {
      hint: "Send content-type: application/json.",
    });
  }
  const parsed = schema.safeParse(await jsonOf(c));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new IsometerError("bad-value", `${issue!.path.join(".") || "the request"}: ${issue!.message}`, {
    hint: "/reference shows what a request looks like.",
  });
}

async function jsonOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IsometerError("bad-format", "the request is no JSON", {
      cause,
      hint: (cause as Error).message,
    });
  }
}
