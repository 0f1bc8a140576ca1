/// Encodes one value into a writer.
struct CBOREncoder: Encoder, SingleValueEncodingContainer {
    let writer: CBORWriter

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(CBORMapEncoding(writer: writer))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        CBORArrayEncoding(writer: writer)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        self
    }

    func encodeNil() throws { writer.writeNull() }
    func encode(_ value: Bool) throws { writer.write(value) }
    func encode(_ value: String) throws { writer.write(value) }
    func encode(_ value: Double) throws { writer.write(value) }
    func encode(_ value: Float) throws { writer.write(Double(value)) }
    func encode(_ value: Int) throws { writer.write(Int64(value)) }
    func encode(_ value: Int64) throws { writer.write(value) }
    func encode(_ value: Int8) throws { writer.write(Int64(value)) }
    func encode(_ value: Int16) throws { writer.write(Int64(value)) }
    func encode(_ value: Int32) throws { writer.write(Int64(value)) }
    func encode(_ value: UInt) throws { writer.write(unsigned: UInt64(value)) }
    func encode(_ value: UInt8) throws { writer.write(unsigned: UInt64(value)) }
    func encode(_ value: UInt16) throws { writer.write(unsigned: UInt64(value)) }
    func encode(_ value: UInt32) throws { writer.write(unsigned: UInt64(value)) }
    func encode(_ value: UInt64) throws { writer.write(unsigned: value) }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.write(value) }
}

/// A map that is being written: a key, then its value.
struct CBORMapEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let writer: CBORWriter
    private let openContainers: Int

    init(writer: CBORWriter) {
        self.writer = writer
        openContainers = writer.beginMap()
    }

    var codingPath: [any CodingKey] { [] }

    private func write(_ key: Key) {
        writer.close(downTo: openContainers)
        writer.write(key.stringValue)
    }

    func encodeNil(forKey key: Key) throws {
        write(key)
        writer.writeNull()
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        write(key)
        writer.write(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        write(key)
        writer.write(value)
    }

    func encode(_ value: Int, forKey key: Key) throws {
        write(key)
        writer.write(Int64(value))
    }

    func encode(_ value: Int64, forKey key: Key) throws {
        write(key)
        writer.write(value)
    }

    /// The other numbers too, which then encode themselves as single values.
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        write(key)
        try writer.write(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        write(key)
        return KeyedEncodingContainer(CBORMapEncoding<NestedKey>(writer: writer))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        write(key)
        return CBORArrayEncoding(writer: writer)
    }

    func superEncoder() -> any Encoder {
        writer.close(downTo: openContainers)
        writer.write("super")
        return CBOREncoder(writer: writer)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        write(key)
        return CBOREncoder(writer: writer)
    }
}

/// An array that is being written.
struct CBORArrayEncoding: UnkeyedEncodingContainer {
    private let writer: CBORWriter
    private let openContainers: Int
    private(set) var count = 0

    init(writer: CBORWriter) {
        self.writer = writer
        openContainers = writer.beginArray()
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func begin() {
        writer.close(downTo: openContainers)
        count += 1
    }

    mutating func encodeNil() throws {
        begin()
        writer.writeNull()
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        begin()
        try writer.write(value)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        begin()
        return KeyedEncodingContainer(CBORMapEncoding<NestedKey>(writer: writer))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        begin()
        return CBORArrayEncoding(writer: writer)
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        return CBOREncoder(writer: writer)
    }
}
