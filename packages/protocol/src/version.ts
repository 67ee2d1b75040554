/**
 * The version of everything in this package that travels. A receiver refuses any other: a field added or given another
 * meaning raises it, so two bundles built apart either agree on every message or say at once that they do not.
 */
export const PROTOCOL_VERSION = 1;

/** The version of the code that wrote a message, for logs and reports; unlike the protocol's it need not match. */
export const BUNDLE_VERSION = '0.1.0';
