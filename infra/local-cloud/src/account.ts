/** The one account of the local cloud. fauxqs writes the same id into its queue URLs and ARNs. */
export const accountId = '000000000000';
