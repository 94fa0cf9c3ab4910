(identifier) @reference.name
(attribute attribute: (identifier) @reference.member)
(call function: (identifier) @reference.call)
(call function: (attribute attribute: (identifier) @reference.method))
(decorator (identifier) @reference.call)
(decorator (attribute attribute: (identifier) @reference.method))
(type (identifier) @reference.type)
(type (generic_type (identifier) @reference.type))
(type (union_type (type (identifier) @reference.type)))
(class_definition superclasses: (argument_list (identifier) @reference.type))

; The names of arguments at a call are the callee's parameters.
(keyword_argument name: (identifier) @reference.none)

(parameters (identifier) @local)
(parameters (default_parameter name: (identifier) @local))
(parameters (typed_parameter (identifier) @local))
(parameters (typed_default_parameter name: (identifier) @local))
(list_splat_pattern (identifier) @local)
(dictionary_splat_pattern (identifier) @local)
(lambda_parameters (identifier) @local)
(pattern_list (identifier) @local)
(tuple_pattern (identifier) @local)
(for_statement left: (identifier) @local)
(for_in_clause left: (identifier) @local)
(as_pattern_target (identifier) @local)
(named_expression name: (identifier) @local)

(import_statement name: (dotted_name) @import.module) @import
(import_statement
  name: (aliased_import name: (dotted_name) @import.module alias: (identifier) @import.alias)) @import
(import_from_statement module_name: (_) @import.module name: (dotted_name) @import.name) @import
(import_from_statement
  module_name: (_) @import.module
  name: (aliased_import name: (dotted_name) @import.name alias: (identifier) @import.alias)) @import
(import_from_statement
  module_name: (_) @import.module (wildcard_import) @import.name) @import
(future_import_statement name: (dotted_name) @import.name) @import
