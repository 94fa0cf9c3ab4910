package com.example

import java.util.Date
import com.example.tools.*
import com.example.net.Client as Net

/** A shop. */
@Serializable
open class Shop<T : Any>(val name: String, private val net: Net) : Base(name), Runnable {
    private val items = mutableListOf<T>()
    var open: Boolean = false
        get() = field

    init { start(name) }

    /** Adds. */
    override suspend fun add(item: T, n: Int = 1): Boolean {
        val local = convert(item)
        return items.add(local) && net.send(local)
    }

    companion object {
        const val LIMIT = 10
        fun create(): Shop<String> = Shop("a", Net())
    }

    inner class Deep { fun low() {} }
}

data class Pair(val left: Int, val right: String)
enum class Level { LOW, HIGH }
interface Visitor {
    fun visit(shop: Shop<*>)
}
object Registry {
    val all = HashMap<String, Shop<String>>()
}
typealias Names = List<String>
const val MAX = 3

fun String.shout(): String = uppercase()
fun main(args: Array<String>) { println(args.size) }
