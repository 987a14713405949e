import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { Hono } from "hono";
import { type McpOptions, mcpServer } from "./mcp.ts";

/** `/mcp`: the Model Context Protocol over HTTP, without sessions: nothing is remembered between requests. */
export function mcpRoutes(app: Hono, options: McpOptions): void {
  app.all("/mcp", async (c) => {
    const transport = new WebStandardStreamableHTTPServerTransport({});
    await mcpServer(options).connect(transport);
    return transport.handleRequest(c.req.raw);
  });
}
