(simple_identifier) @reference.name
(type_identifier) @reference.type
(navigation_suffix suffix: (simple_identifier) @reference.member)
(call_expression . (simple_identifier) @reference.call)
(call_expression
  . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference.method)))
(parameter external_name: (simple_identifier) @reference.none)
(value_argument_label (simple_identifier) @reference.none)

(parameter name: (simple_identifier) @local)
(lambda_parameter name: (simple_identifier) @local)
(for_statement item: (pattern bound_identifier: (simple_identifier) @local))
(type_parameter . (type_identifier) @local.type)

(import_declaration) @import.statement
