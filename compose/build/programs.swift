// Appended to Package.swift while an image is built: without the tests, whose sources the image does not get.
package.targets.removeAll { $0.type == .test || $0.path?.hasPrefix("Tests/") == true }
