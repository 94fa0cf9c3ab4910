(identifier) @reference.name
(dot_index_expression field: (identifier) @reference.member)
(method_index_expression method: (identifier) @reference.member)
(function_call name: (identifier) @reference.call)
(function_call name: (dot_index_expression field: (identifier) @reference.method))
(function_call name: (method_index_expression method: (identifier) @reference.method))
(field name: (identifier) @reference.none)

(parameters name: (identifier) @local)
(for_generic_clause (variable_list name: (identifier) @local))
(for_numeric_clause name: (identifier) @local)

(assignment_statement
  (variable_list . name: (identifier) @import.alias)
  (expression_list
    . value: (function_call
      name: (identifier) @keyword
      arguments: (arguments . (string content: (_) @import.module))))
  (#set! keyword "require")) @import
(function_call
  name: (identifier) @keyword
  arguments: (arguments . (string content: (_) @import.whole))
  (#set! keyword "require dofile")) @import
