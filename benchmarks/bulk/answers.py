"""Answers every shard that a manifest names, as a model that copies would: MANIFEST TARGET."""

import io
import sys
from collections.abc import Sequence

import boto3

from bulk.objects import ObjectStore
from protocol.bulk import bucket_and_key
from protocol.recordio import decode_record, encode_record, read_frames, write_frame


def main(arguments: Sequence[str]) -> None:
    manifest, target = arguments
    s3 = boto3.client("s3")
    prefix, *names = ObjectStore(s3).read_json(manifest)
    for name in names:
        bucket, key = bucket_and_key(prefix["prefix"] + name)
        records = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        answered = io.BytesIO()
        for payload in read_frames(io.BytesIO(records)):
            write_frame(answered, encode_record((), decode_record(payload).source))
        bucket, key = bucket_and_key(f"{target}{name}.out")
        s3.put_object(Bucket=bucket, Key=key, Body=answered.getvalue())


if __name__ == "__main__":
    main(sys.argv[1:])
