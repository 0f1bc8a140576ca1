internal import Foundation
internal import HTTPTypes

/// The description of the routes (OpenAPI 3.1), made of the same list that the router is made of.
struct OpenAPIDescription {
    let routes: [ConsoleRoute]
    let version: String

    func bytes() throws -> [UInt8] {
        var paths: [String: [String: Any]] = [:]
        for route in routes {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
        }
        let description: [String: Any] = [
            "openapi": "3.1.0",
            "info": ["title": "Estuary audit console", "version": version],
            "paths": paths,
            "components": [
                "schemas": ConsoleSchemas.all,
                "securitySchemes": ["session": ["type": "apiKey", "in": "cookie", "name": ConsoleAccess.cookieName]],
            ],
        ]
        return Array(
            try JSONSerialization.data(withJSONObject: description, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    private func operation(_ route: ConsoleRoute) -> [String: Any] {
        var content: [String: Any] = [:]
        if let schema = route.answer.schema { content["schema"] = Self.reference(schema) }
        var good: [String: Any] = ["description": "As asked for."]
        if route.answer.status != 204 { good["content"] = [route.answer.type: content] }
        let problem: [String: Any] = [
            "description": "Why not.", "content": ["application/json": ["schema": Self.reference("Error")]],
        ]
        var operation: [String: Any] = [
            "summary": route.summary, "responses": [String(route.answer.status): good, "default": problem],
        ]
        var parameters = route.parameters.map(parameter)
        if route.path.contains("{") { parameters.append(pathParameter(route.path)) }
        if !parameters.isEmpty { operation["parameters"] = parameters }
        if let body = route.body {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": Self.reference(body)]],
            ]
        }
        if route.access != .anyone { operation["security"] = [["session": [String]()]] }
        return operation
    }

    private func parameter(_ parameter: ConsoleRoute.Parameter) -> [String: Any] {
        let schema: [String: Any] =
            switch parameter.kind {
            case .text: ["type": "string"]
            case .integer(let range): ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
            case .choice(let words): ["type": "string", "enum": words]
            case .time: ["type": "string", "format": "date-time"]
            }
        return ["name": parameter.name, "in": "query", "description": parameter.about, "schema": schema]
    }

    private func pathParameter(_ path: String) -> [String: Any] {
        let name = path.contains("{place}") ? "place" : "path"
        let schema: [String: Any] = name == "place" ? ["type": "integer", "minimum": 1] : ["type": "string"]
        return ["name": name, "in": "path", "required": true, "schema": schema]
    }

    private static func reference(_ name: String) -> [String: Any] {
        ["$ref": "#/components/schemas/\(name)"]
    }
}
