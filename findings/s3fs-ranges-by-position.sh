#!/usr/bin/env bash
# s3fs 2026.9.0: cat_file(path, 0, 4) gives an object from its fifth byte to its end, not its first four bytes, and says nothing.
#
# fsspec's own signature is cat_file(path, start=None, end=None), and its other file systems take a range by position. Code that is
# written against fsspec, and tried on local files or on memory, reads ranges so. In s3fs the second parameter is version_id: the start of
# the range is taken for a version of the object (0 counts as none), and its end for the start. By keyword the range is the one that
# was asked for.
#
# Seen, of the object 0123456789: 456789 by position, 0123 by keyword, 0123 by position from the memory file system.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 's3fs==2026.9.0' 'fsspec==2026.9.0' 'moto[server]==5.2.5'
cat > "$folder/show.py" <<'PYTHON'
import boto3
import fsspec
import s3fs
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
place = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
boto3.client("s3", aws_access_key_id="a", aws_secret_access_key="b", **place).create_bucket(Bucket="bucket")
store = s3fs.S3FileSystem(key="a", secret="b", client_kwargs=place)
store.pipe_file("bucket/object", b"0123456789")
memory = fsspec.filesystem("memory")
memory.pipe_file("/object", b"0123456789")
found = {
    "memory, by position": memory.cat_file("/object", 0, 4),
    "s3fs, by position": store.cat_file("bucket/object", 0, 4),
    "s3fs, by keyword": store.cat_file("bucket/object", start=0, end=4),
}
print("s3fs", s3fs.__version__, found)
server.stop()
assert found["memory, by position"] == b"0123"
assert found["s3fs, by keyword"] == b"0123"
assert found["s3fs, by position"] == b"456789"
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
