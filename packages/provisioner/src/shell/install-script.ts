import type { InstallPlan } from '../bundles/presign.ts';
import { word } from './word.ts';

/**
 * Lines that put a bundle into `$HOME/tessera/bundles/<hash>` and leave that path in `$dir`. With every file in place
 * they start no process. Otherwise one download and one check for all files, and the files are renamed into place only
 * when every hash is right; two scripts that do so at once write the same bytes. They need `$node` and `say`.
 * A hash that is wrong ends the script with exit 1, as does a full disk.
 */
export function installScript(plan: InstallPlan): string[] {
  const files = plan.files.map(({ name, sha256, url }) => ({
    name: word('file name', name),
    sha256: word('sha256', sha256),
    url: word('link', url),
  }));
  const present = files.map(({ name }) => `[ -f "$dir/"${name} ]`).join(' && ');
  const names = files.map(({ name }) => name).join(' ');
  return [
    `dir="$HOME/tessera/bundles/"${word('bundle hash', plan.hash)}`,
    `if ! { ${present}; }; then`,
    '  new="$dir/.new-$$"',
    // Whatever failed then failed of a full disk: less than 1 MiB is left of it.
    '  is_full() { set -- $(df -Pk "$HOME" 2>/dev/null | tail -n 1); [ "${4:-1024}" -lt 1024 ] 2>/dev/null; }',
    '  give_up() { if is_full; then say "the disk of $HOME is full"; else say "$1"; fi; cd "$HOME"; rm -rf "$new"; exit 1; }',
    '  mkdir -p "$new" && cd "$new" || give_up "cannot write to $dir"',
    '  if command -v curl >/dev/null; then',
    `    curl -fsS --retry 3 ${files.map(({ name, url }) => `-o ${name} ${url}`).join(' ')} || give_up "download failed; the link may have expired, run the command again"`,
    '  else',
    `    "$node" -e ${FETCH} ${files.map(({ name, url }) => `${name} ${url}`).join(' ')} || give_up "download failed; the link may have expired, run the command again"`,
    '  fi',
    `  sums=$(printf '%s *%s\\n' ${files.map(({ name, sha256 }) => `${sha256} ${name}`).join(' ')})`,
    // Three times as fast as sha256sum where it is there. Whatever it says but that all are right is left to the other.
    `  if [ "$(openssl dgst -sha256 -r ${names} 2>/dev/null)" != "$sums" ]; then`,
    `    printf '%s\\n' "$sums" > .sums`,
    '    if command -v sha256sum >/dev/null; then found=$(sha256sum -c .sums 2>&1); else found=$(shasum -a 256 -c .sums 2>&1); fi \\',
    '      || give_up "refused: what was downloaded has another sha256 than its bundle says: $found"',
    '  fi',
    `  mv -f ${names} "$dir/" || give_up "cannot write to $dir"`,
    '  cd "$HOME" && rm -rf "$new"',
    'fi',
  ];
}

/** For machines without curl: name, link, name, link, … */
const FETCH =
  "'const a = process.argv.slice(1); const { writeFileSync } = require(`fs`); (async () => { " +
  'for (let i = 0; i < a.length; i += 2) { const r = await fetch(a[i + 1]); ' +
  'if (!r.ok) throw new Error(`status ${r.status} for ${a[i]}`); writeFileSync(a[i], Buffer.from(await r.arrayBuffer())); } ' +
  "})().catch((e) => { console.error(String(e)); process.exit(1); })'";
