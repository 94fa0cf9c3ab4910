; Edits without a model: `ownstack/actions/transforms/`.

(binary_expression left: (_) @left right: (_) @right) @binary
(unary_expression operand: (_) @operand) @unary
(parenthesized_expression . (_) @inner .) @parenthesized
[(line_comment) (block_comment)] @comment

(if_statement
  condition: (parenthesized_expression . (_) @test .)
  consequence: (block) @body
  alternative: (block) @orelse) @if
(parenthesized_expression
  [(identifier) (field_access) (method_invocation) (array_access) (true) (false)] @simple)

(program (import_declaration) @import)
