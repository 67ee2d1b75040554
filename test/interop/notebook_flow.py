"""What the notebook that Tessera grew from did with boto3, against whatever cloud the environment points at.

Prints one JSON document; boto3.test.ts says what must be in it.
"""

import io
import json
import time

import boto3
from botocore.exceptions import ClientError

ec2 = boto3.resource("ec2")
ec2_client = boto3.client("ec2")
sqs = boto3.resource("sqs")
sqs_client = boto3.client("sqs")
ssm = boto3.client("ssm")
logs = boto3.client("logs")
s3 = boto3.resource("s3")

report = {}


def create(name, count):
    made = ec2.create_instances(
        ImageId="ami-0b0dcb5067f052a63",
        MinCount=count,
        MaxCount=count,
        InstanceType="t2.micro",
        KeyName="vockey",
        SecurityGroupIds=["sg-01b1b10e44e254cde"],
        IamInstanceProfile={"Arn": "arn:aws:iam::686401610526:instance-profile/LabInstanceProfile"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
    )
    ids = [instance.id for instance in made]
    wait("instance_running", ids)
    for instance in made:
        instance.reload()
        assert instance.public_ip_address == "127.0.0.1" and instance.state["Name"] == "running"
    return ids


def wait(name, ids):
    # boto3 looks every 15 s of itself, which is right for EC2 and long for a test.
    ec2_client.get_waiter(name).wait(InstanceIds=ids, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})


def find(name, *states):
    filters = [{"Name": "tag:Name", "Values": [name]}, {"Name": "instance-state-name", "Values": list(states)}]
    pages = ec2_client.describe_instances(Filters=filters)["Reservations"]
    return [instance["InstanceId"] for page in pages for instance in page["Instances"]]


def send(ids, commands, **more):
    # "running" is not "online": InvalidInstanceId means not yet.
    while True:
        try:
            answer = ssm.send_command(
                DocumentName="AWS-RunShellScript", Parameters={"commands": commands}, InstanceIds=ids, **more
            )
            return answer["Command"]["CommandId"]
        except ssm.exceptions.InvalidInstanceId:
            time.sleep(0.02)


for name in ("JobToWorker", "ResultToMaster"):
    if "QueueUrls" not in sqs_client.list_queues(QueueNamePrefix=name):
        sqs.create_queue(QueueName=name)
report["queues"] = [url.rsplit("/", 1)[1] for url in sqs_client.list_queues()["QueueUrls"]]

[master] = create("Master", 1)
workers = create("Worker", 3)
report["workers"] = len(find("Worker", "pending", "running"))
report["found_again"] = find("Master", "pending", "running") == [master]

ec2_client.stop_instances(InstanceIds=[master])
wait("instance_stopped", [master])
ec2_client.start_instances(InstanceIds=find("Master", "stopping", "stopped"))
wait("instance_running", [master])
report["restarted"] = find("Master", "running") == [master]

worker_command = send(workers, ["sleep 600"])
master_command = send(
    [master],
    [
        'echo "The operation has been decomposed into 24 work packages"',
        "sleep 0.2",
        'echo "All the results have been received"',
        'echo "Done!"',
    ],
    CloudWatchOutputConfig={
        "CloudWatchLogGroupName": "/aws/ssm/AWS-RunShellScript",
        "CloudWatchOutputEnabled": True,
    },
)
followed = []
while not followed or followed[-1] != "Done!":
    try:
        answer = logs.get_log_events(
            logGroupName="/aws/ssm/AWS-RunShellScript",
            logStreamName=f"{master_command}/{master}/aws-runShellScript/stdout",
            limit=123,
            startFromHead=True,
        )
        followed = [line for event in answer["events"] for line in event["message"].splitlines()]
    except logs.exceptions.ResourceNotFoundException:
        time.sleep(0.02)
report["followed"] = followed
ssm.get_waiter("command_executed").wait(
    CommandId=master_command, InstanceId=master, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}
)
report["master"] = ssm.get_command_invocation(CommandId=master_command, InstanceId=master)["Status"]

ssm.cancel_command(CommandId=worker_command, InstanceIds=workers)
while True:
    invocations = ssm.list_command_invocations(CommandId=worker_command)["CommandInvocations"]
    statuses = [invocation["Status"] for invocation in invocations]
    if "Cancelling" not in statuses:
        break
    time.sleep(0.02)
report["workers_after_cancel"] = statuses

bucket = s3.create_bucket(Bucket="tlbucketcc")
bucket.upload_fileobj(io.BytesIO(b"C"), "C.csv")
target = io.BytesIO()
s3.meta.client.download_fileobj("tlbucketcc", "C.csv", target)
report["result"] = target.getvalue().decode()

create("Extra", 3)
paginator = ec2_client.get_paginator("describe_instances")
pages = paginator.paginate(PaginationConfig={"PageSize": 5})
report["paged"] = sum(len(reservation["Instances"]) for page in pages for reservation in page["Reservations"])
try:
    ec2_client.stop_instances(InstanceIds=["i-0123456789abcdef0"])
except ClientError as error:
    report["error"] = error.response["Error"]["Code"]

print(json.dumps(report))
