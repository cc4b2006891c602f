import net from 'node:net';

/** A server that accepts connections and answers nothing, or only what the one behind it answers. */
export interface SilentServer extends AsyncDisposable {
  readonly url: string;
  /** Resolves with the first connection. */
  readonly connected: Promise<void>;
  /** From now on nothing is passed on, in either direction. */
  mute(): void;
  unmute(): void;
  /** Resets all connections. */
  cut(): void;
}

/** Listens on a free port. With `forwardTo` it passes everything on until it is muted. */
export async function startSilentServer(
  options: { readonly forwardTo?: string } = {},
): Promise<SilentServer> {
  const sockets = new Set<net.Socket>();
  let isMute = options.forwardTo === undefined;
  const keep = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined); // resets are what it is for
    socket.on('close', () => sockets.delete(socket));
  };
  const server = net.createServer((client) => {
    keep(client);
    if (options.forwardTo === undefined) {
      client.resume();
      return;
    }
    const upstream = net.connect(Number(new URL(options.forwardTo).port), '127.0.0.1');
    keep(upstream);
    client.on('data', (chunk) => isMute || upstream.write(chunk));
    upstream.on('data', (chunk) => isMute || client.write(chunk));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  const connected = new Promise<void>((resolve) => {
    server.once('connection', () => {
      resolve();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}/`,
    connected,
    mute: () => {
      isMute = true;
    },
    unmute: () => {
      isMute = false;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
