/**
 * The variable that every process of a cloud carries in its environment, as `NAME=value`: what is left of a dead cloud
 * is found by it, children that left their process group included. The state directory is the value because whoever
 * finds the directory then knows what to look for.
 *
 * @param stateDir absolute, with no symbolic link in it.
 */
export function cloudMarker(stateDir: string): string {
  return `TESSERA_CLOUD_DIR=${stateDir}`;
}
