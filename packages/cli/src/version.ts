/** Of this command line; kept apart so that `--version` loads nothing else. */
export const BUNDLE_VERSION = '0.1.0';
