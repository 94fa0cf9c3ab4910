import Foundation
import struct UIKit.CGRect

/// A shop.
@objc public class Shop<T: Codable>: Base, Sellable {
    static let limit = 10
    private(set) var items: [T] = []
    var total: Int { items.count }

    init(name: String, items: [T]) { self.items = items }
    deinit { close() }

    /// Adds.
    @discardableResult
    public func add(_ item: T, count n: Int = 1) async throws -> Bool {
        let local = convert(item)
        items.append(local)
        return store.save(local)
    }

    struct Inner { var deep: Int }
    subscript(i: Int) -> T { items[i] }
}

protocol Sellable: AnyObject {
    associatedtype Item
    var price: Double { get }
    func sell(to buyer: String) -> Bool
}

enum Level: Int { case low = 1, high }

extension Shop: Equatable {
    static func == (a: Shop, b: Shop) -> Bool { a.total == b.total }
    func shout() {}
}

typealias Names = [String]
let maximum = 3
func größe(of s: String) -> Int { s.count }
