package io.rejoin.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate authority of one test: it issues certificates of 127.0.0.1 and localhost, written as DER by hand, since the JDK has no
 * public class for it.
 */
public final class TestCa {

    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OID = 0x06;
    private static final int UTF8 = 0x0C;
    private static final int UTC_TIME = 0x17;
    private static final int BOOLEAN = 0x01;

    private static final byte[] ECDSA_SHA256 = der(SEQUENCE, der(OID, hex("2a8648ce3d040302")));
    private static final byte[] COMMON_NAME = der(OID, hex("550403"));
    private static final byte[] BASIC_CONSTRAINTS = der(OID, hex("551d13"));
    private static final byte[] ALTERNATIVE_NAMES = der(OID, hex("551d11"));

    private static final AtomicLong SERIALS = new AtomicLong(1);

    private final String name;
    private final KeyPair keys = newKeys();
    private final byte[] certificate;

    /** Creates an authority with a key of its own. */
    public TestCa(String name) {
        this.name = name;
        this.certificate = certificate(name, keys, true);
    }

    /** PEM of a certificate and of its key. */
    public record Issued(String certificate, String key) {

        /** Writes {@code name.crt} and {@code name.key}. */
        public void write(Path directory, String name) throws IOException {
            Files.writeString(directory.resolve(name + ".crt"), certificate);
            Files.writeString(directory.resolve(name + ".key"), key);
        }
    }

    /** A certificate with a new key. */
    public Issued issue(String subject) {
        KeyPair issued = newKeys();
        return new Issued(
                pem("CERTIFICATE", certificate(subject, issued, false)),
                pem("PRIVATE KEY", issued.getPrivate().getEncoded()));
    }

    /** PEM of the authority's own certificate. */
    public String pem() {
        return pem("CERTIFICATE", certificate);
    }

    /** A client's context that trusts this authority alone. */
    public SSLContext trusting() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate)));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private byte[] certificate(String subject, KeyPair subjectKeys, boolean authority) {
        byte[] extension = authority
                ? der(
                        SEQUENCE,
                        BASIC_CONSTRAINTS,
                        der(BOOLEAN, hex("ff")),
                        der(OCTET_STRING, der(SEQUENCE, der(BOOLEAN, hex("ff")))))
                : der(
                        SEQUENCE,
                        ALTERNATIVE_NAMES,
                        der(
                                OCTET_STRING,
                                der(
                                        SEQUENCE,
                                        der(0x82, "localhost".getBytes(StandardCharsets.US_ASCII)),
                                        der(0x87, hex("7f000001")))));
        byte[] body = der(
                SEQUENCE,
                der(0xA0, der(INTEGER, hex("02"))),
                der(INTEGER, BigInteger.valueOf(SERIALS.getAndIncrement()).toByteArray()),
                ECDSA_SHA256,
                distinguished(name),
                der(SEQUENCE, time("200101000000Z"), time("491231235959Z")),
                distinguished(subject),
                subjectKeys.getPublic().getEncoded(),
                der(0xA3, der(SEQUENCE, extension)));
        return der(SEQUENCE, body, ECDSA_SHA256, der(BIT_STRING, hex("00"), sign(body)));
    }

    private byte[] sign(byte[] body) {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.getPrivate());
            signature.update(body);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] distinguished(String commonName) {
        byte[] value = der(UTF8, commonName.getBytes(StandardCharsets.UTF_8));
        return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, value)));
    }

    private static byte[] time(String text) {
        return der(UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length >= 256) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length >= 128) {
            out.write(0x81);
        }
        out.write(length);
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + what + "-----\n";
    }
}
