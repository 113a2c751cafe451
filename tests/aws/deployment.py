"""Makes on an endpoint what template.yaml makes on AWS, as far as a function's start needs it.

    python tests/aws/deployment.py ENDPOINT        prints NAME=value lines for the function's environment
"""

import sys

import boto3


def table(dynamodb, name):
    """A table keyed as template.yaml keys it."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
    )
    return name


def main(endpoint):
    """Makes them and prints the variables."""
    dynamodb, sqs, secrets = (boto3.client(name, endpoint_url=endpoint) for name in ("dynamodb", "sqs", "secretsmanager"))
    variables = {
        "STATE_TABLE": table(dynamodb, "state"),
        "RECORDS_TABLE": table(dynamodb, "records"),
        "SYNC_QUEUE_URL": sqs.create_queue(QueueName="sync")["QueueUrl"],
        "MASTER_SECRET_ARN": secrets.create_secret(Name="manifold/master", SecretString="m" * 64)["ARN"],
        "VAULT_PREFIX": "manifold/vault/",
        "ALLOWED_PRIVATE_HOSTS": "",
        "LOG_LEVEL": "info",
        "PUBLIC_URL": "https://api.example.com",
        "AWS_ENDPOINT_URL": endpoint,
    }
    for name, value in variables.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main(sys.argv[1])
