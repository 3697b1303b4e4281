import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;

/** Reads messages and answers them, as harness.py says. */
final class Harness {
    private Harness() {}

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] f = line.split("\t", -1);
            boolean genuine;
            try {
                genuine = Verify.verify(new String(bytes(f[0]), UTF_8), text(f[1]), text(f[2]), text(f[3]), bytes(f[4]));
            } catch (IllegalArgumentException e) {
                genuine = false;
            }
            System.out.println(genuine);
        }
    }

    private static byte[] bytes(String field) {
        return Base64.getDecoder().decode(field);
    }

    private static String text(String field) {
        return field.equals("-") ? null : new String(bytes(field), ISO_8859_1);
    }
}
