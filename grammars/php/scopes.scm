(name) @reference.name
(variable_name (name) @reference.none)
(member_access_expression name: (name) @reference.member)
(class_constant_access_expression (name) @reference.type)
(named_type (name) @reference.type)
(base_clause (name) @reference.type)
(class_interface_clause (name) @reference.type)
(use_declaration (name) @reference.type)
(attribute (name) @reference.call)
(function_call_expression function: (name) @reference.call)
(function_call_expression function: (qualified_name (name) @reference.call))
(member_call_expression name: (name) @reference.method)
(nullsafe_member_call_expression name: (name) @reference.method)
(scoped_call_expression scope: (name) @reference.type)
(scoped_call_expression name: (name) @reference.method)
(object_creation_expression (name) @reference.call)
(namespace_definition name: (_) @skip)

(namespace_use_declaration) @import.statement
(require_once_expression (string (string_content) @import.whole)) @import
(require_expression (string (string_content) @import.whole)) @import
(include_once_expression (string (string_content) @import.whole)) @import
(include_expression (string (string_content) @import.whole)) @import
