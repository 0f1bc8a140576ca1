internal import ConfigurationFile
internal import Foundation

/// What `estuary up` prints when a device can enroll: commands that work when they are pasted as they are.
struct FirstSteps {
    let state: StateDirectory
    /// Where the first frontend listens.
    let listen: ListenAddress
    /// The `estuary` program, as a shell finds it.
    let program: String
    /// Whether the first enrollment secret, which is good for a day, can still be used.
    let isFirstSecretFresh: Bool
    /// Where the console is, for a browser. Indented lines are commands, so it stands in a line that is not.
    var consoleURL: String?

    var text: String {
        let anchor = ShellText.quoted(state.trustAnchor)
        let base = "https://\(listen.localClientHost):\(listen.port)/.well-known/est"
        let command = ShellText.quoted(program)
        let secret =
            isFirstSecretFresh
            ? "cat \(ShellText.quoted(state.enrollmentSecret))" : "\(command) token create --state \(state.quoted)"
        return """
            A device enrolls with curl and openssl like this; paste the lines as they are:

              cd "$(mktemp -d)" && NAME=device-$(openssl rand -hex 4)
              openssl ecparam -name prime256v1 -genkey -noout -out device.key
              openssl req -new -key device.key -subj "/CN=$NAME" -outform DER | openssl base64 > device.b64
              curl -sS --fail-with-body --cacert \(anchor) -u ":$(\(secret))" -H 'Content-Type: application/pkcs10' --data-binary @device.b64 -o device.p7 \(base)/simpleenroll
              openssl base64 -d -in device.p7 | openssl pkcs7 -inform DER -print_certs -out device.pem
              curl -sS --fail-with-body --cacert \(anchor) \(base)/cacerts | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out cacerts.pem
              openssl verify -CAfile \(anchor) -untrusted cacerts.pem device.pem

            and renews with the certificate that it has:

              curl -sS --fail-with-body --cacert \(anchor) --cert device.pem --key device.key -H 'Content-Type: application/pkcs10' --data-binary @device.b64 \(base)/simplereenroll | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out renewed.pem

            What happened, and how the cluster is:

              \(command) audit list --state \(state.quoted)
              \(command) status --state \(state.quoted)
            \(consoleURL.map { "\nThe console, in a browser on this machine: \($0)\n" } ?? "")
            Ctrl-C stops the cluster.
            """
    }
}
