/**
 * Whether a request was meant for us: its Host header names this machine's loopback and our port. A web page that
 * reached us through a name of its own (DNS rebinding) shows that name here.
 */
export function isLoopbackHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}` || host === `[::1]:${port}`;
}
