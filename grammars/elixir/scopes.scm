(identifier) @reference.name
(alias) @reference.type
(call target: (identifier) @reference.call)
(call target: (dot right: (identifier) @reference.method))
(call
  target: (identifier) @reference.none
  (#set! reference.none "def defp defmodule defmacro defimpl defprotocol defstruct alias import use require"))
(unary_operator operator: "@" operand: (call target: (identifier) @reference.none))

(arguments (call target: (identifier) (arguments (identifier) @local)))
(binary_operator left: (identifier) @local operator: "=")
(arguments (call (arguments (binary_operator operator: "=" right: (identifier) @local))))
(arguments (call (arguments (binary_operator left: (identifier) @local operator: "\\\\"))))
(binary_operator left: (call (arguments (identifier) @local)) operator: "when")
(binary_operator
  left: (call (arguments (binary_operator operator: "=" right: (identifier) @local)))
  operator: "when")
(binary_operator
  left: (call (arguments (binary_operator left: (identifier) @local operator: "\\\\")))
  operator: "when")
(stab_clause left: (arguments (identifier) @local))

(call
  target: (identifier) @keyword (arguments . [(alias) (dot)] @import.path .)
  (#set! keyword "alias")) @import
(call
  target: (identifier) @keyword
  (arguments . (alias) @import.path (keywords (pair value: (alias) @import.alias)))
  (#set! keyword "alias")) @import
(call
  target: (identifier) @keyword (arguments . (alias) @import.whole)
  (#set! keyword "import use require")) @import
