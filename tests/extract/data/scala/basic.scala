package com.example

import scala.collection.mutable
import java.util.{List => JList, Map}
import tools._

/** A shop. */
@deprecated
abstract class Shop[T <: Item](val name: String, n: Int) extends Base(name) with Runnable {
  private val items = mutable.ListBuffer[T]()
  var open: Boolean = false
  type Key = String

  /** Adds. */
  override def add(item: T, count: Int = 1): Boolean = {
    val local = convert(item)
    items += local
    Registry.put(local)
  }
  def total: Int
}

object Shop { val Limit = 10; def apply(name: String): Shop[Item] = new Impl(name) }
case class Pair(left: Int, right: String)
trait Visitor { def visit(shop: Shop[_]): Unit }
enum Level { case Low, High }
given ordering: Ordering[Pair] = Ordering.by(_.left)
extension (s: String) def shout: String = s.toUpperCase
