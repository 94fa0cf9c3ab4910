(identifier) @reference.name
(member_access_expression name: (identifier) @reference.member)
(member_binding_expression name: (identifier) @reference.member)
(generic_name . (identifier) @reference.type)
(type_argument_list (identifier) @reference.type)
(base_list (identifier) @reference.type)
(parameter type: (identifier) @reference.type)
(variable_declaration type: (identifier) @reference.type)
(method_declaration returns: (identifier) @reference.type)
(property_declaration type: (identifier) @reference.type)
(nullable_type (identifier) @reference.type)
(array_type (identifier) @reference.type)
(cast_expression type: (identifier) @reference.type)
(typeof_expression (identifier) @reference.type)
(attribute name: (identifier) @reference.call)
(invocation_expression function: (identifier) @reference.call)
(invocation_expression function: (generic_name . (identifier) @reference.call))
(invocation_expression
  function: (member_access_expression name: (identifier) @reference.method))
(invocation_expression
  function: (member_access_expression name: (generic_name . (identifier) @reference.method)))
(invocation_expression
  function: (conditional_access_expression
    (member_binding_expression name: (identifier) @reference.method)))
(object_creation_expression type: (identifier) @reference.call)
(object_creation_expression type: (generic_name . (identifier) @reference.call))
(argument name: (identifier) @reference.none)
(file_scoped_namespace_declaration name: (_) @skip)
(namespace_declaration name: (_) @skip)

(parameter name: (identifier) @local)
(implicit_parameter) @local
(type_parameter name: (identifier) @local.type)
(foreach_statement left: (identifier) @local)
(catch_declaration name: (identifier) @local)
(declaration_expression name: (identifier) @local)
(declaration_pattern name: (identifier) @local)
(local_declaration_statement
  (variable_declaration (variable_declarator name: (identifier) @local)))

(using_directive !name (identifier) @import.whole) @import
(using_directive !name (qualified_name) @import.whole) @import
(using_directive name: (identifier) @import.alias (_) @import.module .) @import
