package io.rejoin.tls;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/**
 * What two PEM files held at one moment.
 *
 * <p>Threading: immutable. Its methods read files and compute: not for an event loop.
 */
final class KeyPairFile {

    private final PemFiles files;
    private final byte[] certificate;
    private final byte[] key;

    private KeyPairFile(PemFiles files, byte[] certificate, byte[] key) {
        this.files = files;
        this.certificate = certificate;
        this.key = key;
    }

    /**
     * Reads both files.
     *
     * @throws IOException when one cannot be read; it names the file
     */
    static KeyPairFile read(PemFiles files) throws IOException {
        return new KeyPairFile(files, bytes(files.certificate()), bytes(files.key()));
    }

    private static byte[] bytes(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException("file=" + file + " is not there (expected: PEM)", e);
        } catch (IOException e) {
            throw new IOException("file=" + file + " cannot be read: " + e, e);
        }
    }

    boolean isSameAs(KeyPairFile other) {
        return Arrays.equals(certificate, other.certificate) && Arrays.equals(key, other.key);
    }

    /**
     * The listener's own certificate.
     *
     * @throws GeneralSecurityException when there is none; it names the file
     */
    X509Certificate certificate() throws GeneralSecurityException {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(certificate))
                    .iterator()
                    .next();
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new GeneralSecurityException(
                    "certificate=" + files.certificate() + " holds no certificate (expected: X.509 as PEM)", e);
        }
    }

    /**
     * Options with both, once it is sure that they belong together.
     *
     * @throws GeneralSecurityException when they do not, or one is broken; it names the file
     */
    PemKeyCertOptions options(Vertx vertx) throws GeneralSecurityException {
        PublicKey publicKey = certificate().getPublicKey();
        PemKeyCertOptions options =
                new PemKeyCertOptions().addCertValue(Buffer.buffer(certificate)).addKeyValue(Buffer.buffer(key));
        PrivateKey privateKey = privateKey(vertx, options, publicKey.getAlgorithm())
                .orElseThrow(() -> new GeneralSecurityException("key=" + files.key()
                        + " is of another kind than certificate=" + files.certificate() + " (expected: "
                        + publicKey.getAlgorithm() + ")"));
        if (!belongTogether(privateKey, publicKey)) {
            throw new GeneralSecurityException(
                    "key=" + files.key() + " is not the key of certificate=" + files.certificate());
        }
        return options;
    }

    private Optional<PrivateKey> privateKey(Vertx vertx, PemKeyCertOptions options, String algorithm)
            throws GeneralSecurityException {
        KeyManager[] managers;
        try {
            managers = options.getKeyManagerFactory(vertx).getKeyManagers();
        } catch (Exception e) {
            throw new GeneralSecurityException(
                    "key=" + files.key() + " holds no key (expected: a private key as PEM, not encrypted)", e);
        }
        for (KeyManager manager : managers) {
            if (manager instanceof X509KeyManager keys) {
                String[] aliases = keys.getServerAliases(algorithm, null);
                if (aliases != null && aliases.length > 0) {
                    return Optional.ofNullable(keys.getPrivateKey(aliases[0]));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey) throws GeneralSecurityException {
        if (!privateKey.getAlgorithm().equals(publicKey.getAlgorithm())) {
            return false;
        }
        String algorithm = switch (publicKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> publicKey.getAlgorithm();
        };
        byte[] probe = publicKey.getEncoded();
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(privateKey);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(probe);
        return signature.verify(signed);
    }
}
