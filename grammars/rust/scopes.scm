(identifier) @reference.name
(field_identifier) @reference.member
(shorthand_field_initializer (identifier) @reference.name)
(type_identifier) @reference.type
(scoped_identifier name: (identifier) @reference.member)
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (field_identifier) @reference.method))
(call_expression function: (scoped_identifier name: (identifier) @reference.method))
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression
  function: (generic_function function: (scoped_identifier name: (identifier) @reference.method)))
(call_expression
  function: (generic_function function: (field_expression field: (field_identifier) @reference.method)))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier name: (identifier) @reference.method))
(struct_expression name: (type_identifier) @reference.call)

(parameter pattern: (identifier) @local)
(closure_parameters (identifier) @local)
(let_declaration pattern: (identifier) @local)
(let_condition pattern: (identifier) @local)
(for_expression pattern: (identifier) @local)
(mut_pattern (identifier) @local)
(ref_pattern (identifier) @local)
(tuple_pattern (identifier) @local)
(tuple_struct_pattern (identifier) @local)
(match_pattern . (identifier) @local)
(tuple_struct_pattern type: (identifier) @reference.call)
(type_parameter name: (type_identifier) @local.type)
(lifetime (identifier) @reference.none)

(use_declaration) @import.statement
(extern_crate_declaration) @import.statement
