
// Appended to Package.swift while an image is built: without the tests, whose sources the image does not get, and without
// what only they and the benchmark run.
package.targets.removeAll { target in
    target.type == .test || target.path?.hasPrefix("Tests/") == true
        || ["estuary-bench", "estuary-witnesses"].contains(target.name)
}
