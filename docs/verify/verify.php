<?php

const PATCHBOARD_TOLERANCE = 5 * 60; // seconds

/**
 * Tells whether the signature of a request holds; answer 401 if it does not.
 *
 * The signature covers the bytes as they came, so the body must not be parsed before.
 *
 *   $genuine = patchboard_verify(
 *       getenv('PATCHBOARD_WEBHOOK_SECRET'),
 *       $_SERVER['HTTP_WEBHOOK_ID'] ?? '', $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
 *       $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '', file_get_contents('php://input')
 *   );
 *   http_response_code($genuine ? 204 : 401);
 *
 * The same webhook-id may come twice: it is the key to tell a repeated event by.
 */
function patchboard_verify(string $secret, string $id, string $timestamp, string $signatures, string $body): bool
{
    if ($id === '' || !ctype_digit($timestamp) || strlen($timestamp) > 15) {
        return false;
    }
    if (abs(time() - (int) $timestamp) > PATCHBOARD_TOLERANCE) {
        return false;
    }

    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    if ($key === false || strlen($key) < 24) {
        throw new InvalidArgumentException('The signing secret is missing or cut off.');
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    // While a secret is being rotated there are two signatures; one that matches is enough.
    foreach (explode(' ', $signatures) as $one) {
        if (hash_equals($expected, $one)) {
            return true;
        }
    }
    return false;
}
