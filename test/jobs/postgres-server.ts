import { type AddressInfo, createServer, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";

const SSL_REQUEST = 80_877_103;
const TERMINATE = "X".charCodeAt(0);

/** A Postgres with pgvector, PGlite, behind a port: real clients connect to it. All connections share one session, so they have to come one after the other. */
export interface PostgresServer {
  readonly port: number;
  /** Rows of a question to the database itself. */
  ask(text: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const db = await PGlite.create({ extensions: { vector } });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let waiting = Buffer.alloc(0);
    let started = false;
    let last: Promise<unknown> = Promise.resolve();
    socket.on("data", (chunk: Buffer) => {
      last = last.then(async () => {
        waiting = Buffer.concat([waiting, chunk]);
        for (;;) {
          // What starts a connection has no type in front of its length.
          const header = started ? 1 : 0;
          const length = waiting.length >= header + 4 ? header + waiting.readUInt32BE(header) : Infinity;
          if (waiting.length < length) return;
          const message = waiting.subarray(0, length);
          waiting = waiting.subarray(length);
          if (!started && message.readUInt32BE(4) === SSL_REQUEST) socket.write("N");
          else if (started && message[0] === TERMINATE) socket.end();
          else {
            started = true;
            socket.write(await db.execProtocolRaw(message));
          }
        }
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    ask: async (text) => (await db.query(text)).rows,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await db.close();
    },
  };
}
