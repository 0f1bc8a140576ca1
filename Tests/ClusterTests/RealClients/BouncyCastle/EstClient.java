import java.io.FileInputStream;
import java.io.FileWriter;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Set;
import javax.net.ssl.KeyManager;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.est.AttrOrOID;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.est.CSRRequestResponse;
import org.bouncycastle.est.EnrollmentResponse;
import org.bouncycastle.est.ESTAuth;
import org.bouncycastle.est.ESTException;
import org.bouncycastle.est.ESTService;
import org.bouncycastle.est.jcajce.ChannelBindingProvider;
import org.bouncycastle.est.jcajce.JcaHttpAuthBuilder;
import org.bouncycastle.est.jcajce.JcaJceUtils;
import org.bouncycastle.est.jcajce.JsseDefaultHostnameAuthorizer;
import org.bouncycastle.est.jcajce.JsseESTServiceBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.BCSSLSocket;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * What a device with Bouncy Castle's EST client does, one step after the other.
 *
 * Arguments: HOST:PORT TRUST-ANCHOR FOLDER SECRET BOUND-LABEL BOUND-SECRET GENERATING-LABEL GENERATING-SECRET. Prints a line for each step,
 * «step: result», where the result is the TLS version that was spoken or the HTTP status of a refusal; writes the
 * certificates to FOLDER/STEP.pem. The step csrattrs prints the object identifiers of what the server wants. Which results
 * are right is for the caller to say.
 */
public class EstClient {
    private final String server;
    private final X509Certificate anchor;
    private final Path folder;
    private final String device;
    private String protocol = "none";

    private EstClient(String server, X509Certificate anchor, Path folder, String device) {
        this.server = server;
        this.anchor = anchor;
        this.folder = folder;
        this.device = device;
    }

    public static void main(String[] arguments) throws Exception {
        // Bouncy Castle's check of the server's chain asks for the provider by its name.
        Security.addProvider(new BouncyCastleProvider());
        Provider bouncyCastle = new BouncyCastleJsseProvider();
        X509Certificate anchor;
        try (FileInputStream file = new FileInputStream(arguments[1])) {
            anchor = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        EstClient client = new EstClient(arguments[0], anchor, Path.of(arguments[2]), "bouncy-1");
        ESTAuth secret = new JcaHttpAuthBuilder(null, "device", arguments[3].toCharArray()).build();
        String boundLabel = arguments[4];
        ESTAuth boundSecret = new JcaHttpAuthBuilder(null, "device", arguments[5].toCharArray()).build();
        ESTAuth wrongSecret = new JcaHttpAuthBuilder(null, "device", "not-the-secret".toCharArray()).build();
        // The JDK's own TLS, which speaks 1.3.
        Provider jdk = Security.getProvider("SunJSSE");
        KeyPair key = newKey();

        client.cacerts(client.service(jdk, "TLS", null, null, null));
        client.csrattrs(client.service(jdk, "TLS", null, null, null));
        ESTService open = client.service(jdk, "TLS", null, null, null);
        client.step("wrong-secret", () -> client.enroll(open, false, key, wrongSecret));
        Certificate first = client.step("enroll", () -> client.enroll(open, false, key, secret));
        if (first == null) {
            System.exit(1);
        }
        KeyManager[] holder = keyManagers(key, first);
        ESTService held = client.service(jdk, "TLS", holder, null, null);
        client.step("renew", () -> client.enroll(held, true, key, null));
        ESTService held12 = client.service(bouncyCastle, "TLSv1.2", holder, null, null);
        client.step("rekey", () -> client.enroll(held12, true, newKey(), null));

        // Enrollment whose request names the TLS connection that it came on (RFC 7030 §3.5).
        EstClient bound = new EstClient(arguments[0], anchor, client.folder, "bouncy-2");
        KeyPair boundKey = newKey();
        ESTService silent = bound.service(bouncyCastle, "TLSv1.2", null, boundLabel, null);
        bound.step("unbound", () -> bound.enroll(silent, false, boundKey, boundSecret));
        ESTService forging = bound.service(bouncyCastle, "TLSv1.2", null, boundLabel, new UniqueValue(true));
        bound.step("forged", () -> bound.enrollBound(forging, boundKey, boundSecret));
        ESTService honest = bound.service(bouncyCastle, "TLSv1.2", null, boundLabel, new UniqueValue(false));
        bound.step("bound", () -> bound.enrollBound(honest, boundKey, boundSecret));

        // The server makes the key (RFC 7030 §4.4); the request's own counts for nothing.
        EstClient keyless = new EstClient(arguments[0], anchor, client.folder, "bouncy-3");
        ESTAuth generatingSecret = new JcaHttpAuthBuilder(null, "device", arguments[7].toCharArray()).build();
        ESTService generating = keyless.service(jdk, "TLS", null, arguments[6], null);
        keyless.generate(generating, newKey(), generatingSecret);
    }

    private interface Enrollment {
        EnrollmentResponse perform() throws Exception;
    }

    /** Performs a step and prints its result; the certificate, or null where the server refused. */
    private Certificate step(String name, Enrollment enrollment) throws Exception {
        protocol = "none";
        try {
            EnrollmentResponse response = enrollment.perform();
            if (!response.isCompleted()) {
                throw new IOException(name + ": no certificate yet");
            }
            X509CertificateHolder[] certificates = ESTService.storeToArray(response.getStore());
            if (certificates.length != 1) {
                throw new IOException(name + ": " + certificates.length + " certificates, not one");
            }
            write(name, certificates);
            System.out.println(name + ": " + protocol);
            return new JcaX509CertificateConverter().getCertificate(certificates[0]);
        } catch (ESTException refusal) {
            if (refusal.getStatusCode() < 400) {
                throw refusal;
            }
            System.out.println(name + ": " + refusal.getStatusCode());
            return null;
        }
    }

    private void cacerts(ESTService service) throws Exception {
        protocol = "none";
        write("cacerts", ESTService.storeToArray(service.getCACerts().getCertificateStore()));
        System.out.println("cacerts: " + protocol);
    }

    /** Prints what the server wants of requests, in the order that it has. */
    private void csrattrs(ESTService service) throws Exception {
        CSRRequestResponse response = service.getCSRAttributes();
        if (!response.hasAttributesResponse()) {
            throw new IOException("csrattrs: nothing");
        }
        ASN1Sequence elements = ASN1Sequence.getInstance(response.getAttributesResponse().getEncoded());
        StringBuilder line = new StringBuilder("csrattrs:");
        for (ASN1Encodable element : elements) {
            AttrOrOID parsed = AttrOrOID.getInstance(element);
            line.append(' ').append(parsed.isOid() ? parsed.getOid() : parsed.getAttribute().getAttrType());
            if (!response.getAttributesResponse().hasRequirement(
                    parsed.isOid() ? parsed.getOid() : parsed.getAttribute().getAttrType())) {
                throw new IOException("csrattrs: a requirement is not found");
            }
        }
        System.out.println(line);
    }

    private EnrollmentResponse enroll(ESTService service, boolean renews, KeyPair key, ESTAuth secret)
        throws Exception
    {
        return service.simpleEnroll(renews, request(key).build(signer(key)), secret);
    }

    private EnrollmentResponse enrollBound(ESTService service, KeyPair key, ESTAuth secret) throws Exception {
        return service.simpleEnrollPoP(false, request(key), signer(key), secret);
    }

    /** Has the server make a key, and checks that it is the certificate's. */
    private void generate(ESTService service, KeyPair key, ESTAuth secret) throws Exception {
        PrivateKeyInfo[] made = new PrivateKeyInfo[1];
        X509Certificate certificate = (X509Certificate) step("generate", () -> {
            EnrollmentResponse response =
                service.simpleEnrollWithServersideCreation(request(key).build(signer(key)), secret);
            made[0] = response.getPrivateKeyInfo();
            return response;
        });
        if (certificate == null || made[0] == null) {
            throw new IOException("generate: no key");
        }
        PrivateKey privateKey = BouncyCastleProvider.getPrivateKey(made[0]);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(privateKey);
        signature.update(certificate.getEncoded());
        byte[] proof = signature.sign();
        signature.initVerify(certificate);
        signature.update(certificate.getEncoded());
        System.out.println("generated key: " + (signature.verify(proof) ? "right" : "wrong"));
    }

    private PKCS10CertificationRequestBuilder request(KeyPair key) throws Exception {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        GeneralName name = new GeneralName(GeneralName.dNSName, device + ".example.com");
        extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name));
        return new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=" + device), key.getPublic())
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    }

    private static ContentSigner signer(KeyPair key) throws Exception {
        return new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate());
    }

    /** A service that trusts the anchor alone. */
    private ESTService service(
        Provider provider, String version, KeyManager[] keyManagers, String label, ChannelBindingProvider binding)
    {
        JsseDefaultHostnameAuthorizer names = new JsseDefaultHostnameAuthorizer(Set.of());
        JsseESTServiceBuilder builder = new JsseESTServiceBuilder(
            server, JcaJceUtils.getCertPathTrustManager(Set.of(new TrustAnchor(anchor, null)), null));
        builder.withHostNameAuthorizer((name, session) -> {
            protocol = session.getProtocol();
            return names.verified(name, session);
        });
        builder.withProvider(provider).withTLSVersion(version).withTimeout(20_000);
        if (keyManagers != null) {
            builder.withKeyManagers(keyManagers);
        }
        if (label != null) {
            builder.withLabel(label);
        }
        if (binding != null) {
            builder.withChannelBindingProvider(binding);
        }
        return builder.build();
    }

    /** The tls-unique value of Bouncy Castle's TLS, as it is or as another connection might have it. */
    private record UniqueValue(boolean isForged) implements ChannelBindingProvider {
        @Override
        public boolean canAccessChannelBinding(Socket socket) {
            return socket instanceof BCSSLSocket;
        }

        @Override
        public byte[] getChannelBinding(Socket socket, String kind) {
            byte[] value = ((BCSSLSocket) socket).getConnection().getChannelBinding(kind);
            if (isForged) {
                value[0] ^= 1;
            }
            return value;
        }
    }

    private static KeyPair newKey() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static KeyManager[] keyManagers(KeyPair key, Certificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("device", key.getPrivate(), new char[0], new Certificate[] {certificate});
        return JcaJceUtils.createKeyManagerFactory("NewSunX509", null, store, new char[0]).getKeyManagers();
    }

    private void write(String name, X509CertificateHolder[] certificates) throws IOException {
        Base64.Encoder encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
        try (FileWriter file = new FileWriter(folder.resolve(name + ".pem").toFile())) {
            for (X509CertificateHolder certificate : certificates) {
                file.write("-----BEGIN CERTIFICATE-----\n");
                file.write(encoder.encodeToString(certificate.getEncoded()));
                file.write("\n-----END CERTIFICATE-----\n");
            }
        }
    }
}
