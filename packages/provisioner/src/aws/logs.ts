/** What this package uses of CloudWatch Logs, loaded at the first call. */
export { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
