(identifier) @reference.name
(user_type (identifier) @reference.type)
(navigation_expression (_) (identifier) @reference.member)
(call_expression . (identifier) @reference.call)
(call_expression . (navigation_expression (_) (identifier) @reference.method))
(constructor_invocation (user_type (identifier) @reference.type))
(annotation (user_type (identifier) @reference.call))
(package_header) @skip
(value_argument . (identifier) @reference.name)

(parameter (identifier) @local)
(class_parameter (identifier) @local)
(lambda_parameters (variable_declaration (identifier) @local))
(for_statement (variable_declaration (identifier) @local))
(multi_variable_declaration (variable_declaration (identifier) @local))
(type_parameter . (identifier) @local.type)

(import) @import.statement
