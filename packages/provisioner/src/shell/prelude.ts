import { word } from './word.ts';

/** Lines that set what every script needs. SSM's agent runs commands without HOME and with no region that SDKs know. */
export function environmentLines(region: string): string[] {
  return [
    'set -u',
    'HOME="${HOME:-/root}"; export HOME',
    `AWS_REGION="\${AWS_REGION:-${word('region', region).slice(1, -1)}}"; export AWS_REGION`,
    'say() { echo "tessera: $*" >&2; }',
  ];
}

/**
 * Lines that leave a Node of version 24 or newer in `$node`, installed where there is none. Where there is, they cost one
 * `node --version`. Amazon Linux 2023 names the package `nodejs24` and its program `node-24`, and `node` may be an older
 * one beside it: https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
 */
export function nodeLines(): string[] {
  return [
    'node_fits() { case "$("$1" --version 2>/dev/null)" in v2[4-9].*|v[3-9][0-9].*|v[1-9][0-9][0-9].*) node=$1 ;; *) return 1 ;; esac; }',
    'find_node() { for n in node-24 node; do command -v "$n" >/dev/null && node_fits "$n" && return 0; done; return 1; }',
    'if ! find_node; then',
    '  say "no Node 24 here, installing nodejs24"',
    '  dnf install -y -q nodejs24 >&2',
    '  if ! find_node; then say "Node 24 is needed and dnf could not install nodejs24; use an Amazon Linux 2023 image"; exit 69; fi',
    'fi',
  ];
}
