# Reads messages from standard input, a line each: secret, webhook-id,
# webhook-timestamp, webhook-signature and body, in base64, separated by tabs; a
# header that is missing is "-". Answers each with a line, true or false.
import base64
import sys

from verify import verify

for line in sys.stdin:
    fields = [None if f == "-" else base64.b64decode(f) for f in line.rstrip("\n").split("\t")]
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = {n: f.decode("latin-1") for n, f in zip(names, fields[1:4]) if f is not None}
    try:
        genuine = verify(fields[0].decode(), headers, fields[4])
    except ValueError:
        genuine = False
    print("true" if genuine else "false", flush=True)
