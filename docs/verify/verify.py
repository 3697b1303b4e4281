import base64
import hashlib
import hmac
import time

TOLERANCE = 5 * 60  # seconds


def verify(secret, headers, body):
    """Tells whether the signature of a request holds; answer 401 if it does not.

    The signature covers the bytes as they came: body is bytes, not parsed JSON.

        # Flask
        if not verify(os.environ["PATCHBOARD_WEBHOOK_SECRET"], request.headers, request.get_data()):
            abort(401)

        # Django
        if not verify(os.environ["PATCHBOARD_WEBHOOK_SECRET"], request.headers, request.body):
            return HttpResponse(status=401)

    The same webhook-id may come twice: it is the key to tell a repeated event by.
    """
    message_id = headers.get("webhook-id") or ""
    timestamp = headers.get("webhook-timestamp") or ""
    signatures = headers.get("webhook-signature") or ""
    if not message_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        return False

    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if len(key) < 24:
        raise ValueError("the signing secret is missing or cut off")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # While a secret is being rotated there are two signatures; one that matches is enough.
    return any(hmac.compare_digest(expected, one.encode()) for one in signatures.split(" "))
