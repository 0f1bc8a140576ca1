internal import Foundation

/// Certification requests that our own cryptographic library could not make: by `openssl req -new -subj /CN=x1-…`, with
/// keys that nobody has any more.
enum HostileFixtures {
    static let p224 = decode(
        """
        MIG6MGkCAQAwEjEQMA4GA1UEAwwHeDEtcDIyNDBOMBAGByqGSM49AgEGBSuBBAAhAzoABJFOniCLqs3V/q3L0T8SftBM55oELCPv0cptY4Fu
        8seoGjOLjMd12Y0Xwf63SVgRLjxRz1vTksOyoAAwCgYIKoZIzj0EAwIDQQAwPgIdALu3xw0HoGjpg06vSk7ggJwju3o1xTG0j+YddlYCHQDI
        yjIPRl5wxf8ak/n9oygfDR96BQzxa+ZX+XGa
        """)

    static let secp256k1 = decode(
        """
        MIHJMHECAQAwEjEQMA4GA1UEAwwHeDEtazI1NjBWMBAGByqGSM49AgEGBSuBBAAKA0IABPKfaeJcssYm1x4O13BMvL/4vq9Bfg/nAkhfNwRd
        EVdNXWj6zUk8cAmI57+VYQxA44ZqDg0T3wVXb8oRRYKcVGGgADAKBggqhkjOPQQDAgNIADBFAiEA1nPF1NHsn3UtresmiAKbU5t30ymWNjod
        MA3mGXgEUTwCIGoLqDnR10E9UKZI9y4/jDOXBWkqxowvXEu3ALai6WVM
        """)

    static let brainpoolP256 = decode(
        """
        MIHPMHYCAQAwEzERMA8GA1UEAwwIeDEtYnAyNTYwWjAUBgcqhkjOPQIBBgkrJAMDAggBAQcDQgAEWKguf5rB4fJ6k4LRB5T/HYJQQOHLIAa3
        njdHB76g9OGGib4+JcUbO1y2RoGaZaj/VMzZAiRtDif+KYPgdDW3BaAAMAoGCCqGSM49BAMCA0kAMEYCIQCAS1TAiaLlC8GdE0+ctB0E/b7l
        US0u147NGUraph358wIhAJJ0hWJBASjwHyRK2lzyaF1BIU9ZIss/hCyrx/aKlzuS
        """)

    static let explicitParameters = decode(
        """
        MIIBxjCCAWwCAQAwFjEUMBIGA1UEAwwLeDEtZXhwbGljaXQwggFLMIIBAwYHKoZIzj0CATCB9wIBATAsBgcqhkjOPQEBAiEA/////wAAAAEA
        AAAAAAAAAAAAAAD///////////////8wWwQg/////wAAAAEAAAAAAAAAAAAAAAD///////////////wEIFrGNdiqOpPns+u9VXaYhrxlHQaw
        zFOw9jvOPD4n0mBLAxUAxJ02CIbnBJNqZnjhE50mt4GffpAEQQRrF9Hy4SxCR/i85uVjpEDydwN9gS3rM6D0oTlF2JjClk/jQuL+Gn+bjufr
        SnwPnhYrzjNXazFezsu2QGg3v1H1AiEA/////wAAAAD//////////7zm+q2nF56E87nKwvxjJVECAQEDQgAEwezR3A9GrrQiRkRc/Mo9ex/i
        Zt1BlsIt3DLSpHq4/Vw4ER4BbJZblOAx+MkRHH1MkXFWqa2NMVRZ/oBFKItSuaAAMAoGCCqGSM49BAMCA0gAMEUCIB5I4xn5y+x0ef+NIoTU
        QWxXldSdyeiqFkNKWiFa3015AiEA1LRmaw49nRPQhMU33CTS93fO0eW3fEEffppY6lvHsX4=
        """)

    static let ed448 = decode(
        """
        MIHdMF8CAQAwEzERMA8GA1UEAwwIeDEtZWQ0NDgwQzAFBgMrZXEDOgBJBSRhGwUa983B30T1i+ojivYI77UrDTltPQ6fU6z60PNeEkayPeoC
        mYuu2vLE96RT1gF2X5CT7oCgADAFBgMrZXEDcwD24K2zZFM+SufLUsris4EH1GnIci7MS0iFb+ClRa3XcYD+W+nAsgJcBXllehn1aBot4VUk
        pt+ImgCGJVkY5HwI1mCRq/s0loQs+swd9hE1anC/e8tR6zcEbsPUIaNiddzrQHJJsmFDav3FYL+9+DKgKwA=
        """)

    static let rsaPSSKey = decode(
        """
        MIICjDCCAT8CAQAwFDESMBAGA1UEAwwJeDEtcnNhcHNzMIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBALAOPy7dowwn4s6sJmzurAGM
        q8k54VrTvR3uDtktjEPpLFiUs5hF+fXTYyfPMTGdkvZCrZ5wDtOnmIFsp7WNaGpK7wTJ7CDTb1KqbNWmfGh06/5tv2txJcg2SkGmqimsXqOh
        57T4SHFrjFnp9jzSUVkMVb+yTxD82GprLgb1lxYjD7rDOrq3KhXR0ITh37SErm3/rWk3+ajqIru2dZncjpcHWk+nkAeEe4lS81VCkBnZx1c1
        TeMnJhVmRRMQUrHoZPHMJfpnGdKZezREkmGk/dhVLBdk8H8uKh46DdTJGQVk4NT0KpPtq0k2LkHCu9i4aKwUbyR/CnW2XFG7evZCnaMCAwEA
        AaAAMEIGCSqGSIb3DQEBCjA1oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQCiBAICAN4DggEBAA3qAKq2
        EJ8xeq2YA2IiSt/hEN/ri/m+F0BuGsGPVtVXgoN+a2LU1Uyf4xG5ajrjVC5oDBJW5QQvMGO3yh+7pUs5Fy0XVE9ysPn3hDCSxl0mge58fCSw
        hGOh0h5rbLL7HS77m3wufSFCse9ZjomNWpi6SQfu9aYFHA2iy55pvtJZBDnMliXDvT6uB+ApdDgKrdbi6cKkI3UJ2rMQa8jykqAgCdlEUCZ8
        p5COqYGDJC3Lwck8FwkNGe9AIW+i7bUZ003x3Hv4/LKK3MtbW2XnjHQJE4BCO/YEGnbyUVBMwMBISEjt+34+rIv36e5p1mIxwMBLb7xVZKFX
        t3Qd7BDyI3I=
        """)

    static let dsa = decode(
        """
        MIICFTCCAdMCAQAwETEPMA0GA1UEAwwGeDEtZHNhMIIBtzCCASwGByqGSM44BAEwggEfAoGBANn+ahZ7vpoQAwSPQGt2fmS6Lm88jguWn9z4
        2bIntzGrOX34v6WF5IKz9zvChiRhuMZy9UaII5PQEYdz2k+69BQZCel0rskMjYcDDtA9kl1LAK5dBm8aUzXWEvL/+L8RuzXR0nChpZ4HKb6c
        kWbOpDuTtpx5AYG334I8vSFo44frAhUA9iD+tb4ps51ZEc8j6Ifve/ZQhVcCgYEAgyCO2/2wMeR1g8svA/KY0afXN4M+m5FsW0Bk+iTol+KB
        62HeGp6MwOw4OE66jkGv6T3HNXR1zzQ3vI0xLJLt3pDONPOA8PoIE+HuJomvegnjniCNpb+yTG/Pin6lb7t5byA40kI1ps4A733RDvav8OIP
        cDMweUnotbqtc+o2qkADgYQAAoGAGQtablc0SHss+Qk0UrSYotrdgeMngUNhXNo8gX5lTnQWna7ibcZMn4OPB5Dsgi82oNZzy8PfqjDS/38p
        Jt80Bsp6awyxF3vENiBO80x5u/Pf8PcEDLAD0TocTSB+eerY3Sd9kNXhmsY6Fu2YjP8Eg1rStpzEFUBig3hCFTbGuBKgADALBglghkgBZQME
        AwIDLwAwLAIUCFPGXzVVJNww3XlLtMdNz4fROlwCFAz4zgh5Q8LCP4OPJSeEXN6gU1IM
        """)

    static let rsaWithMD5 = decode(
        """
        MIICVjCCAT4CAQAwETEPMA0GA1UEAwwGeDEtbWQ1MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmZHqzCXsgWQ+bubKtxIFfiMs
        jzeghQabfylus5qs4QU5LJBEzdrxhBliTQWBVSq77DKpt2tDLm7qatQqjcYRgx3dhma4CsWBz39Zceb7huN5wY3SFUphYPo0brD3pTHGI4+h
        XxCBBAogfRnniUMYrrY6Q0049QNThMrnB+bcULuO2881pb+Ph55CotY1uzc7BNaPcKzHphRsgr36FcIM4GxFSb7y2P5TWsyGuk9xWPlv1VSb
        2nWSVgsrr+Zxfd1+boD2eAzQO6Kn0FT6eTwAF6tIEQOPLN7m7LaYEQkSu8HdLgrmxflsAuY2Xx/6H3YlS7cMloskTY1PP1Tzz+uVeQIDAQAB
        oAAwDQYJKoZIhvcNAQEEBQADggEBAIdR99+54kX90xwb1mzip0FKAerSXDp74jNvm3k6eolBk9h/8AwvfbFYL879JMgvVWxgTUR69QfnkdQL
        VxJfGLfdlA9FeXmn6hZZiuxe+L91eX+AwysjzFJ/oWpRWUvQ9cPoLeSQmNsAXgxkl3z6gzyzqo+hLOzw82dO5aao5Kd4BM1cgeqYVRvlK85G
        EJSIU1YEfdj2Lug6dF3xqKkCr6mJvVW8jILneIP2HH3XXHBmfaS8Ol8wTl+JnBFYQV/IxXb2cnYnFh5V6SW63VnqKyhCZBDOGE5aRZogu5Gj
        +ZJvDYajJbnY2ldCnbuIaMT525JqGp7GGmMqBuGs82uQd84=
        """)

    static let rsaWithSHA1 = decode(
        """
        MIICVzCCAT8CAQAwEjEQMA4GA1UEAwwHeDEtc2hhMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAJmR6swl7IFkPm7myrcSBX4j
        LI83oIUGm38pbrOarOEFOSyQRM3a8YQZYk0FgVUqu+wyqbdrQy5u6mrUKo3GEYMd3YZmuArFgc9/WXHm+4bjecGN0hVKYWD6NG6w96UxxiOP
        oV8QgQQKIH0Z54lDGK62OkNNOPUDU4TK5wfm3FC7jtvPNaW/j4eeQqLWNbs3OwTWj3Csx6YUbIK9+hXCDOBsRUm+8tj+U1rMhrpPcVj5b9VU
        m9p1klYLK6/mcX3dfm6A9ngM0Duip9BU+nk8ABerSBEDjyze5uy2mBEJErvB3S4K5sX5bALmNl8f+h92JUu3DJaLJE2NTz9U88/rlXkCAwEA
        AaAAMA0GCSqGSIb3DQEBBQUAA4IBAQCR/Cx0uyUqJW/8bLvJyMiW5ry6lvtq95H3MB/HJuXeuJilJ7K4YHOv+pP82v0bG48sS4yoHhP110Lk
        zxAz9HaGpuG2VgthWOVtaO04vo4g6dN/RPr3iwlR+kvZPICVyHcMNbTvazVL9eEg6rcbB4QTI6YyPsJ2THjEGSF8IA7afKFvNE7FGqzJD636
        ZDrbx/RoT4dM5fcU/7ygUuI6PfiadzrLZPcBMDUdeuHi+TtbMzKqp8m5+BkD2x9dD3wCY8dixlrMQQ+N0ljLXhXPLzyBnP6droRBdI46352s
        9xw6GdQ0V0CSw+TqEKrtHM6dRo69N3Nz2ku3/07o0cwi5Wg3
        """)

    static let rsaWithSHA224 = decode(
        """
        MIICWTCCAUECAQAwFDESMBAGA1UEAwwJeDEtc2hhMjI0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmZHqzCXsgWQ+bubKtxIF
        fiMsjzeghQabfylus5qs4QU5LJBEzdrxhBliTQWBVSq77DKpt2tDLm7qatQqjcYRgx3dhma4CsWBz39Zceb7huN5wY3SFUphYPo0brD3pTHG
        I4+hXxCBBAogfRnniUMYrrY6Q0049QNThMrnB+bcULuO2881pb+Ph55CotY1uzc7BNaPcKzHphRsgr36FcIM4GxFSb7y2P5TWsyGuk9xWPlv
        1VSb2nWSVgsrr+Zxfd1+boD2eAzQO6Kn0FT6eTwAF6tIEQOPLN7m7LaYEQkSu8HdLgrmxflsAuY2Xx/6H3YlS7cMloskTY1PP1Tzz+uVeQID
        AQABoAAwDQYJKoZIhvcNAQEOBQADggEBAGqJpCNUcgHmnm4uxGnBQvgLwmWNpmzmRYXmZ/z6SU0m+uyqiDrsJsQo+And83wEzwBhXHbXfNWo
        xL6pZUyLGreXkpYOs3KpcXY59NsFmzoKmvII3jHgzUDFCDZ5y6aNNUGG5QtBYaG8V5xhJbMa4X23o0XCaXft9ZFw3wN/4S+94H61SZV1iMUC
        VHcOMn9fbiBKLnHz4SXk4q+BTUbt+bBA4SuvjQWJQiVmJ20jNZAc0Zpf6fk2QeFzwa99VZ8qLjeUochaHutR6wRJa9xykf+0Hy9uejny6CkM
        cO8uKeMRjCVWYSEgYcz9sQO5Bt86xrtDWW2PzwM5ZHf8WUvpbGM=
        """)

    static let rsaPSSSignature = decode(
        """
        MIICjjCCAUECAQAwFDESMBAGA1UEAwwJeDEtcHNzc2lnMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmZHqzCXsgWQ+bubKtxIF
        fiMsjzeghQabfylus5qs4QU5LJBEzdrxhBliTQWBVSq77DKpt2tDLm7qatQqjcYRgx3dhma4CsWBz39Zceb7huN5wY3SFUphYPo0brD3pTHG
        I4+hXxCBBAogfRnniUMYrrY6Q0049QNThMrnB+bcULuO2881pb+Ph55CotY1uzc7BNaPcKzHphRsgr36FcIM4GxFSb7y2P5TWsyGuk9xWPlv
        1VSb2nWSVgsrr+Zxfd1+boD2eAzQO6Kn0FT6eTwAF6tIEQOPLN7m7LaYEQkSu8HdLgrmxflsAuY2Xx/6H3YlS7cMloskTY1PP1Tzz+uVeQID
        AQABoAAwQgYJKoZIhvcNAQEKMDWgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIEAgIA3gOCAQEAjAVE
        EURouYXmrQ9yL4psLyxFLoLoQUSUm3IV7RtcxQ3adNGYn7RamEpLtcFhVpL3UNaEuju7dFWxPrlH47k0sL+a+KqZ7+aZLKrwHcOa1bbr8jDp
        VC7QIIAe7KatV7XSGZ7PJi5FDn2pLXWTJkf/6NsCI92ERNrgap9BdzLFoFZ+yN/TVxeuPWLan3obbPH/iNk9izIb+7Qe9HVnNoy3WD/Y2Y37
        KKUCoxbJA2R+woomCyqeKOkEdRiQaEhNOSfiL5S+9bgNegisI2g2l5Tkfflfa2b9X3EOu7jPy0zrz5bmZiyI/NHErTE/tr0hUK/hnbsRUr8k
        nAj/Jf8VCJmYHg==
        """)

    static let ecdsaWithSHA1 = decode(
        """
        MIHOMHYCAQAwFDESMBAGA1UEAwwJeDEtZWNzaGExMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2HB3AZCXG8CDzfPkWmshpXyDkQ//t6LF
        GY0kD/bFLq1YV9iG/3ePAJtk9I958k6u/FzX4LS5pLQ8NZSKoW104qAAMAkGByqGSM49BAEDSQAwRgIhAMjWohmRS/ewphu8YycTJTP9+S4X
        K65PbekRFham8u/dAiEA6EiYhOpzRJfKC742RbUZv3MAFpoG3X/RuZZYUGeXSeI=
        """)

    static let rsa1024 = decode(
        """
        MIIBVDCBvgIBADAVMRMwEQYDVQQDDAp4MS1yc2ExMDI0MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCqICPUfsg/YozWRnZcx2RxpiXT
        SQbSAPSVtGF5/HKmcA6pMGYg1zfHfk6fX+8+uvqkiVBkV3X3uO720ACSNDmOpIzEnnNdvHIPpICMJHj7jXT9pMbbyGCDXB4MLldZp3Fh2oDH
        jFR6JR5K0leEhdjHFPpSwU92YdrdjanbakbRVQIDAQABoAAwDQYJKoZIhvcNAQELBQADgYEADsqBncSZeeDaHgZPyc/mlr12LJa67JOfjfXB
        b7HwfOs4+YdcyvJskO4WpCEg5L+oHsMnPBLIbk7IcDM5aAULvLj0+KyXqMeJalrANS86nYihCuEnT2WGKocnmIcaf33kuuBi8iMJqjlPZHHd
        t1LAZcjtdImY1qj0Gecccn//HiM=
        """)

    static let rsaExponent3 = decode(
        """
        MIICUzCCATsCAQAwEDEOMAwGA1UEAwwFeDEtZTMwggEgMA0GCSqGSIb3DQEBAQUAA4IBDQAwggEIAoIBAQCX3pwj9ljVEoMqavKurAQnkS2B
        INA4w6+iD7SzutWqLhT/OmdCgLRDcQ9eGoKEYwt/xr8mT5bj3mf6MXfn6GLzvaN1WgN+7nJMNGoo9y8/S87he1QxwwVTslBld01IwbiHUo9P
        WlyXUGTfmzSOrVEhYbdqf4y/hZ3pHwMV3ivs+EaZsbUciYTW0TCpDYqM3NXT9EZOnnYWKB+u4UYh6F6ZQUAKXA5pcsapxalborPXlHferDw2
        nYRe64S4ZNyYp2bZ1z6278Y/QnmUvrpPwCMKCGDiDD2N3/McsNYuXKeApuiTpQ8RVwQYIHG9D3+GI65jBmEjAA5pHGZ7WqNK62pDAgEDoAAw
        DQYJKoZIhvcNAQELBQADggEBAGQG42qY5DPWxdUnpr65oLv1bHZVADLUInUMc6qOVednPX/ZoBWOujf/8zCpfMcIJWn4SnRHxgpWbspqmwBH
        0ptpLCbu7fN7BtKTx3TUkKi1Rs1bFVItTpy0oLSs6mVZOa6LHiUV4ayROZWN6iyh6DCPEbCs/ZiiU3uM/yjZaloivRukEXNnH//+dh2Yv+bs
        KHd0OH5N6leaxK94nTzQZDXWpD3X3cUShFvxdrQu8hvOm8Ne2E5VqMeOZnOFshoWpkG3PuDM7jusd01FARdsIhWbFS5JG67E3s96w6cr7CO4
        tBm2kJb8GxfYWEwSzw7VmHrEchv6E5apydRmmcBvdhc=
        """)

    private static func decode(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }
}
