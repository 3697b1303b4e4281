import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.UTF_8;

final class Verify {
    private static final long TOLERANCE = 5 * 60; // seconds

    private Verify() {}

    /**
     * Tells whether the signature of a request holds; answer 401 if it does not.
     *
     * The signature covers the bytes as they came, so the body must not be parsed before.
     *
     *   // In a servlet; in Spring take the headers and a byte[] @RequestBody
     *   boolean genuine = Verify.verify(
     *       System.getenv("PATCHBOARD_WEBHOOK_SECRET"),
     *       request.getHeader("webhook-id"), request.getHeader("webhook-timestamp"),
     *       request.getHeader("webhook-signature"), request.getInputStream().readAllBytes());
     *   response.setStatus(genuine ? 204 : 401);
     *
     * The same webhook-id may come twice: it is the key to tell a repeated event by.
     */
    static boolean verify(String secret, String id, String timestamp, String signatures, byte[] body)
            throws GeneralSecurityException {
        if (id == null || id.isEmpty() || timestamp == null || signatures == null || !timestamp.matches("[0-9]{1,15}")) {
            return false;
        }
        if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE) {
            return false;
        }

        String encoded = secret.startsWith("whsec_") ? secret.substring("whsec_".length()) : secret;
        byte[] key = Base64.getDecoder().decode(encoded);
        if (key.length < 24) {
            throw new IllegalArgumentException("the signing secret is missing or cut off");
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
        byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(UTF_8);
        // While a secret is being rotated there are two signatures; one that matches is enough.
        boolean genuine = false;
        for (String one : signatures.split(" ")) {
            genuine |= MessageDigest.isEqual(expected, one.getBytes(UTF_8));
        }
        return genuine;
    }
}
