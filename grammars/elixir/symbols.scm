(call
  target: (identifier) @keyword (arguments . (alias) @name) (do_block) @body
  (#set! keyword "defmodule defprotocol")) @definition.module
(call
  target: (identifier) @keyword (arguments . (alias) @name) (do_block) @body
  (#set! keyword "defimpl")) @definition.module
(call
  target: (identifier) @keyword
  (arguments
    . [(identifier) @name
       (call target: (identifier) @name)
       (binary_operator
         left: [(identifier) @name (call target: (identifier) @name)] operator: "when")])
  (do_block) @body
  (#set! keyword "def defp defdelegate defguard defguardp")) @definition.clause
(call
  target: (identifier) @keyword
  (arguments
    . [(identifier) @name
       (call target: (identifier) @name)
       (binary_operator
         left: [(identifier) @name (call target: (identifier) @name)] operator: "when")])
  (#set! keyword "def defp defdelegate defguard defguardp")) @definition.clause
(call
  target: (identifier) @keyword
  (arguments . [(identifier) @name (call target: (identifier) @name)])
  (#set! keyword "defmacro defmacrop")) @definition.macro
(unary_operator
  operator: "@"
  operand: (call target: (identifier) @keyword (arguments (binary_operator left: (_) @name)))
  (#set! keyword "type typep opaque")) @definition.type
(unary_operator
  operator: "@"
  operand: (call target: (identifier) @name (arguments))
  (#set! not.name "doc moduledoc typedoc spec impl type typep opaque callback behaviour")) @definition.field

(unary_operator
  operator: "@"
  operand: (call target: (identifier) @keyword (arguments (string) @doc.before))
  (#set! keyword "doc typedoc")) @before
(unary_operator
  operator: "@" operand: (call target: (identifier) @keyword)
  (#set! keyword "doc spec impl deprecated since")) @before
(unary_operator
  operator: "@"
  operand: (call target: (identifier) @keyword (arguments (string) @doc.first))
  (#set! keyword "moduledoc"))
(comment) @comment
