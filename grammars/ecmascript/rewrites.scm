; Edits without a model: `ownstack/actions/transforms/`.

(binary_expression left: (_) @left right: (_) @right) @binary
(unary_expression argument: (_) @operand) @unary
(parenthesized_expression . (_) @inner .) @parenthesized
(string) @string
(template_string) @template
(comment) @comment

(if_statement
  condition: (parenthesized_expression . (_) @test .)
  consequence: (statement_block) @body
  alternative: (else_clause (statement_block) @orelse)) @if
(parenthesized_expression
  [(identifier) (member_expression) (call_expression) (subscript_expression) (this)] @simple)

(program (import_statement) @import)
