#!/bin/sh
# huggingface_hub 2.4.0: HfFileSystem takes the answer to a range request for the range, whatever the server sent.
#
# A mirror or a cache that does not know `Range` answers 200 with the whole file. The guess is that the file object notices
# (the status is 200, the length is wrong) and fails, or skips to the place. It does neither: each block that is read holds
# the beginning of the file, so a file read in blocks is longer than it is, and made of repeated beginnings.
#
# Seen: a file of 30 bytes, read from byte 20 on, gives the 30 bytes from byte 0 on.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'huggingface_hub==2.4.0'
cat > "$folder/show.py" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATA = b"0123456789abcdefghijABCDEFGHIJ"
SHA = "0" * 40


class Mirror(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if "/tree/" in self.path or "/paths-info/" in self.path:
            body = json.dumps([{"type": "file", "oid": SHA, "size": len(DATA), "path": "a.txt"}]).encode()
        elif "/api/datasets/" in self.path:
            body = json.dumps({"_id": "0", "id": "owner/name", "sha": SHA, "private": False, "tags": [], "downloads": 0}).encode()
        else:
            body = DATA  # 200, and all of it, though a range was asked for
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
threading.Thread(target=server.serve_forever, daemon=True).start()

from huggingface_hub import HfFileSystem

files = HfFileSystem(endpoint=f"http://127.0.0.1:{server.server_port}", token=False)
with files.open(f"datasets/owner/name@{SHA}/a.txt", "rb", block_size=5, cache_type="none") as file:
    file.seek(20)
    found = file.read(10)
print(found)
assert found == DATA, "it changed: the range is checked now"
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
