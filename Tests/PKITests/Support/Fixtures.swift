internal import Foundation

/// Requests that do not change from run to run, as `openssl req` made them.
enum Fixtures {
    /// `openssl req -newkey rsa:2048 -subj /C=AU/ST=x/O=y/CN=a.example.com`
    static let rsa = decode(
        """
        MIICgjCCAWoCAQAwPTELMAkGA1UEBhMCQVUxCjAIBgNVBAgMAXgxCjAIBgNVBAoMAXkxFjAUBgNV
        BAMMDWEuZXhhbXBsZS5jb20wggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCRl8jNKcIC
        sn0T8xEPpMPXA+QfdBqhncYLjKQ8MbZGtITht7W7UJePxvssQrdX5cEVC4SOTFkUWLMMGLy4yTGv
        +hDIKaIy72ErHhYHlUOMCIPW4XGrnLi6KXIcRer5FPWXB8Z88+6555pHYs+hjz4FXj6eXDwUajA2
        IfCOWfts2ttwjnXGe1Ux1922UteBtIhSR2xGP6jM91RVbaL9ELDzZLGS2KC6ssex28lqn9jUT7Ip
        lW4SmgAHjV3XE54hBmgthrN0am9arB3paY2V48bgqA9WDRni5kT31EDY4SNFmyVjWxGr5yoSRGo+
        UpMpbZM1oLkCIJV2nNYGXdHX1uQBAgMBAAGgADANBgkqhkiG9w0BAQsFAAOCAQEAOtqarF53lzdB
        CpnBKDcn/w52XV37jfTYdu/ZTzTMwMmBSciAymo841JIPxI1+H3WfcJEQzdO/zijhnxFa+VXrSvr
        K7zIYn2NUyl2Q/EO3Ipv8IK+wq3hG+orpQhfnuJchbjp7BPWkcbpKzovNVn+la4c9KigHeDMyLTR
        CwHOkUDMAqXhqwYjc/SGyLz0cdeB9Zwuoo+gcAZ61Rg/R2ILUAtimqXKfcJh0fsEeNFLbhUrEQHQ
        t9jxmADWb9KsqtZX2FGBHDbiYyO7x6dnxQkQR6hM4CFG5Hn+symi1PkHO7tSCm3VwsN+z90QArwy
        Efii53humi+VAggNUuVWWoyyoQ==
        """)

    /// `openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=device -addext subjectAltName=…`
    static let ellipticCurve = decode(
        """
        MIH9MIGkAgEAMBExDzANBgNVBAMMBmRldmljZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNj9
        WKUhVuPiWjVo9HWThiBXEP/GaLm4nf3cth0V32zNhl+aDHvVSUYKCikTf98hkG7FN2B42fKE3kTN
        HrzqC+6gMTAvBgkqhkiG9w0BCQ4xIjAgMB4GA1UdEQQXMBWCDWEuZXhhbXBsZS5jb22HBAoBAQEw
        CgYIKoZIzj0EAwIDSAAwRQIgQl1HQvYFj+jyNr0KlrToIzw19zf0q+xojnrcZQH3ew8CIQDA9Now
        Xba/SYnUEikp5IKN15n+ilwcAv0wYBzNdhP6Cw==
        """)

    private static func decode(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters)!)
    }
}
