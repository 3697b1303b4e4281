<?php

// Reads messages and answers them, as harness.py says.

declare(strict_types=1);

require __DIR__ . '/verify.php';

while (($line = fgets(STDIN)) !== false) {
    [$secret, $id, $timestamp, $signatures, $body] = array_map(
        fn (string $field): string => $field === '-' ? '' : base64_decode($field, true),
        explode("\t", rtrim($line, "\n"))
    );
    try {
        $genuine = patchboard_verify($secret, $id, $timestamp, $signatures, $body);
    } catch (InvalidArgumentException) {
        $genuine = false;
    }
    echo $genuine ? 'true' : 'false', "\n";
}
