/** Limits of AWS that shape this package, each with its page. */

/** Instance ids of one SendCommand or one filter. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
export const SSM_IDS_PER_CALL = 50;
/** Seconds that a command may run: 48 hours. https://docs.aws.amazon.com/general/latest/gr/ssm.html */
export const SSM_EXECUTION_SECONDS = 172_800;
/** Characters of a command's comment (page of SendCommand). */
export const SSM_COMMENT_CHARACTERS = 100;
/** Objects of one DeleteObjects. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export const S3_DELETE_OBJECTS = 1_000;
/** The group into which SSM writes the output of commands unless told otherwise. */
export const SSM_LOG_GROUP = '/aws/ssm/AWS-RunShellScript';
